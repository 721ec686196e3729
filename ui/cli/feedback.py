"""`medcite feedback`: users' ratings of answers, stored on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.options import HomeOption, JsonOption


def feedback(
    home: HomeOption = None,
    user: Annotated[
        str, typer.Option("--user", help="Whose ratings: a signed-in user's; default: your own.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """List the ratings and notes given to answers in the application, newest first.

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
        ratings = Ratings(threads).all()
    if as_json:
        print_json([asdict(rating) for rating in ratings])
        return
    if not ratings:
        console.print("No answer has been rated yet. Rate answers in the application: medcite ui")
        return
    table = Table("When", "Rating", "Question", "Note", "Conversation")
    for rating in ratings:
        when = to_the_minute(rating.created)
        label = "good" if rating.good else "bad"
        table.add_row(when, label, escape(rating.asked), escape(rating.note), rating.thread)
    console.print(table)
