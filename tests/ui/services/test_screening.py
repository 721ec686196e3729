"""Screening: decisions that last, reviewers that do not see each other, what it comes to."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import rispy

from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import open_corpus
from tests.fakes.literature import article, put
from ui.services.kappa import cohen_kappa
from ui.services.screening import CONSENSUS, Screening, Screenings, ScreeningVerdict
from ui.services.screening_flow import flow_svg
from ui.services.screening_order import decisions_ris, flow_numbers

PMIDS = ("11", "12", "13", "14")
NUMBERS = {"records": 6, "duplicates": 2, "articles": 4, "by_source": {"PubMed": 4, "Embase": 2}}
INCLUDE, EXCLUDE, UNDECIDED = ScreeningVerdict


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def started(home: Home, *reviewers: str) -> Screening:
    return Screenings(home).start("statins", "statin*[tiab]", PMIDS, NUMBERS, reviewers)


def by_two(home: Home) -> Screening:
    """11 both include, 12 both exclude, on 13 they differ, 14 only one has screened."""
    screening = started(home, "ann", "ben")
    for who, thirteenth in (("ann", INCLUDE), ("ben", EXCLUDE)):
        screening.decide(who, "11", INCLUDE)
        screening.decide(who, "12", EXCLUDE, "wrong population")
        screening.decide(who, "13", thirteenth)
    screening.decide("ann", "14", INCLUDE)
    screening.finish("ann")
    return screening


def test_decisions_outlive_a_process_that_is_killed(home: Home) -> None:
    started(home)
    script = (
        "import os, signal, sys; from pathlib import Path; from corpora.home import Home;"
        "from ui.services.screening import Screenings, ScreeningVerdict;"
        "Screenings(Home(Path(sys.argv[1]))).find('statins').decide('me', '12', ScreeningVerdict.INCLUDE);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    end = subprocess.run(
        [sys.executable, "-c", script, str(home.root)],
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        check=False,
    )
    assert end.returncode == -signal.SIGKILL
    assert Screenings(home).find("statins").decisions("me")["12"].verdict is INCLUDE


def test_the_last_decision_counts_and_can_be_taken_back(home: Home) -> None:
    screening = started(home)
    screening.decide("me", "11", EXCLUDE, "wrong  outcome")
    assert screening.decisions("me")["11"].reason == "wrong outcome"
    screening.decide("me", "11", INCLUDE, "a reason goes with exclusions only")
    assert [(d.verdict, d.reason) for d in screening.decisions("me").values()] == [(INCLUDE, "")]
    screening.take_back("me", "11")
    assert screening.decisions("me") == {}
    assert screening.progress("me").decided == 0


def test_what_is_no_record_or_no_reviewer_is_refused(home: Home) -> None:
    screening = started(home, "ann", "ben")
    with pytest.raises(BadInput, match="99 is not a record"):
        screening.decide("ann", "99", INCLUDE)
    with pytest.raises(BadInput, match="two reviewers"):
        screening.reviewer()
    with pytest.raises(BadInput, match="eve does not review"):
        screening.reviewer("eve")
    with pytest.raises(BadInput, match="There already is a screening"):
        started(home, "ann")
    with pytest.raises(BadInput, match="cannot be the reviewers"):
        Screenings(home).start("other", "q", PMIDS, NUMBERS, ("ann", CONSENSUS))


def test_reviewers_see_only_their_own_until_both_have_finished(home: Home) -> None:
    screening = by_two(home)
    for look in (screening.agreement, screening.outcome, lambda: flow_svg(screening)):
        with pytest.raises(BadInput, match="Not every reviewer has finished"):
            look()
    screening.reopen("ann")
    screening.finish("ann")
    screening.finish("ben")
    assert screening.agreement().conflicts == ("13", "14")
    with pytest.raises(BadInput, match="ann has finished"):
        screening.decide("ann", "13", EXCLUDE)
    with pytest.raises(BadInput, match="Both reviewers have finished"):
        screening.reopen("ann")


def test_a_signed_in_reviewer_is_nobody_else(home: Home) -> None:
    started(home, "ann", "ben")
    assert Screenings(home, "eve").all() == []
    own = Screenings(home, "ben").find("statins")
    assert own.reviewer() == "ben"
    with pytest.raises(BadInput, match="You are not ann"):
        own.reviewer("ann")


def test_conflicts_are_settled_by_consensus(home: Home) -> None:
    screening = by_two(home)
    screening.finish("ben")
    assert {pmid: d.verdict for pmid, d in screening.outcome().items()} == {
        "11": INCLUDE,
        "12": EXCLUDE,
    }
    with pytest.raises(BadInput, match="no conflict on 11"):
        screening.settle("11", EXCLUDE)
    screening.settle("13", EXCLUDE, "wrong outcome")
    assert screening.outcome()["13"].reason == "wrong outcome"
    numbers = flow_numbers(screening)
    assert (numbers.screened, numbers.excluded, numbers.included, numbers.open) == (4, 2, 1, 1)


# By hand: 20 both include, 15 both exclude, 5 and 10 differ (Cohen's worked example).
def test_kappa_is_cohens() -> None:
    pairs = [("i", "i")] * 20 + [("i", "e")] * 5 + [("e", "i")] * 10 + [("e", "e")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)
    assert cohen_kappa([("i", "i")] * 3) is None
    assert cohen_kappa([]) is None


def test_ris_says_what_was_decided(home: Home) -> None:
    put(home, [article(pmid, f"Statins {pmid}") for pmid in PMIDS])
    screening = started(home)
    screening.decide("me", "11", INCLUDE)
    screening.decide("me", "12", EXCLUDE, "wrong population")
    with open_corpus(home.corpus) as store:
        records = rispy.loads(decisions_ris(screening, store))
        only = rispy.loads(decisions_ris(screening, store, EXCLUDE))
    assert [record["notes"][-1] for record in records] == [
        "Screening: include", "Screening: exclude (wrong population)",
        "Screening: not decided", "Screening: not decided",
    ]  # fmt: skip
    assert [record["title"] for record in only] == ["Statins 12"]


def test_the_flow_adds_up_and_is_xml_whatever_the_reasons_say(home: Home) -> None:
    screening = started(home)
    screening.decide("me", "11", INCLUDE)
    screening.decide("me", "12", EXCLUDE, "n < 30 & <b>no</b> control")
    text = " ".join(ET.fromstring(flow_svg(screening)).itertext())
    told = dict(
        re.findall(r"(Records? [a-z ]+|Not screened[a-z ,]+|PubMed|Embase) \(n = (\d+)\)", text)
    )
    assert (told["PubMed"], told["Embase"]) == ("4", "2")
    assert told["Records identified"] == "6"
    assert told["Records screened"] == "2"
    assert told["Records excluded"] == "1"
    assert "n < 30 & <b>no</b> control (n = 1)" in text
    assert "title and abstract (n = 1)" in text
    assert "Duplicate records removed (n = 2)" in text


def test_a_screening_is_deleted_whole(home: Home) -> None:
    started(home).decide("me", "11", INCLUDE)
    Screenings(home).delete("statins")
    assert started(home).decisions("me") == {}
