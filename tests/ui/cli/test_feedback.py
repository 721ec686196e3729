"""Ratings of answers at the command line."""

import json
from pathlib import Path

from agent.conversations.ratings import Ratings
from agent.conversations.threads import Threads
from corpora.home import Home
from retrieval.filters import Filters
from tests.ui.cli.commands import medcite


def test_ratings_are_listed_and_each_user_has_their_own(tmp_path: Path) -> None:
    none = medcite(tmp_path, "feedback")
    assert none.returncode == 0
    assert "No answer has been rated yet" in none.stdout
    with Threads(Home(tmp_path)) as threads:
        for owner, note in (("", "misses [bold] the trial"), ("a@x.org", "good")):
            mine = threads.of(owner)
            thread = mine.start("Does it help?").id
            mine.begin(thread, "Does it help?", Filters())
            Ratings(mine).rate(thread, 1, good=bool(owner), note=note)
    told = json.loads(medcite(tmp_path, "feedback", "--json").stdout)
    assert [(r["good"], r["note"], r["asked"]) for r in told] == [
        (False, "misses [bold] the trial", "Does it help?")
    ]
    (theirs,) = json.loads(medcite(tmp_path, "feedback", "--user", "a@x.org", "--json").stdout)
    assert theirs["good"] is True
    assert "[bold]" in medcite(tmp_path, "feedback").stdout
