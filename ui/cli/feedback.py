"""`medcite feedback`: what readers said of answers, which is kept on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.options import HomeOption, JsonOption


def feedback(
    home: HomeOption = None,
    user: Annotated[str, typer.Option("--user", help="A signed-in user's; else your own.")] = "",
    as_json: JsonOption = False,
) -> None:
    """The thumbs and notes that were given to answers in the application, the newest first.

    Example: medcite feedback --json
    """
    from dataclasses import asdict

    from rich.markup import escape
    from rich.table import Table

    from agent.conversations.ratings import Ratings
    from agent.conversations.threads import Threads
    from corpora.home import Home
    from ui.cli.output import console, print_json
    from ui.render.units import to_the_minute

    with Threads(Home.locate(home), user) as threads:
        known = Ratings(threads).all()
    if as_json:
        print_json([asdict(rating) for rating in known])
        return
    if not known:
        console.print("No answer was rated yet. The thumbs stand under each answer: medcite ui")
        return
    table = Table("When", "Rating", "Question", "Note", "Conversation")
    for rating in known:
        when = to_the_minute(rating.created)
        said = "good" if rating.good else "bad"
        table.add_row(when, said, escape(rating.asked), escape(rating.note), rating.thread)
    console.print(table)
