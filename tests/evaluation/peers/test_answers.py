"""Written answers of two systems: one form, sheets for judges, and what they found."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from corpora.errors import BadInput
from evaluation.drafts.recordings import prompt_hash, read_replies
from evaluation.peers import written
from evaluation.peers.comparison import paper_qa
from evaluation.peers.judging import (
    DATA,
    MEDCITE,
    PAPER_QA,
    JudgedAnswer,
    order,
    read_judged,
    report,
    sheet,
    systems,
    unblinded,
)
from evaluation.peers.written import Written, by_paper_qa, numbered
from evaluation.reading.questions import GradedQuestion, Part, read_questions
from tests.fakes.literature import article

_KEYS = {"pqac-00000001": "11", "pqac-00000002": "22"}


def _question(grades: dict[tuple[str, int, int], int]) -> GradedQuestion:
    return GradedQuestion("q1", "Why?", "", "", "c", Part.TUNE, ("11",), grades, frozenset())


def test_citation_keys_become_numbers_in_order_of_appearance() -> None:
    text = "One (pqac-00000002). Two (pqac-00000001, pqac-00000002). Three (OR 2)."
    assert numbered(text, _KEYS) == Written("One [1]. Two [2][1]. Three (OR 2).", ("22", "11"))
    unknown = "One (pqac-99999999)."
    assert numbered(unknown, _KEYS) == Written(unknown, ())


def test_a_sheet_hides_who_wrote_which_answer() -> None:
    source = article("11", "A title.", "Because of that.")
    start = source.text.index("Because")
    question = _question({("11", start, len(source.text)): 3})
    answers = systems(Written("Theirs [1].", ("11",)), Written("Ours [1].", ("11",)))
    text = sheet(question, answers, {"11": source})
    assert "- (3) Because of that. [PMID 11]" in text
    assert "[1] PMID 11: A title. Because of that." in text
    assert PAPER_QA not in text
    assert MEDCITE not in text
    first = "Theirs" if order("q1")[0] == PAPER_QA else "Ours"
    assert text.index(first) < text.index("### Answer B")
    assert "none: no article" in sheet(_question({}), answers, {"11": source})


def test_judgements_are_read_by_system_and_counted(tmp_path: Path) -> None:
    best = asdict(JudgedAnswer(3, 4, 0))
    worst = asdict(JudgedAnswer(0, 4, 2))
    lines = [
        {"id": qid, "A": best, "B": worst} if order(qid)[0] == MEDCITE else
        {"id": qid, "A": worst, "B": best}
        for qid in ("q1", "q2", "q3")
    ]  # fmt: skip
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in unblinded(lines)))
    figures = report(read_judged(path), {"q1"})
    assert figures.find("… answerable", MEDCITE).n == 1
    assert figures.find("… others", MEDCITE).value == 1
    assert figures.find("score, of 1", MEDCITE).value == 1
    assert figures.find("score, of 1", PAPER_QA).value == 0
    unsupported = figures.find("not supported by what they cite", PAPER_QA)
    assert (unsupported.value, unsupported.n) == (0.5, 12)
    gain = figures.find("score, Medcite minus paper-qa")
    assert (gain.value, gain.low, gain.high, gain.n) == (1, 1, 1, 3)
    path.write_text('{"id": "q1"}')
    with pytest.raises(BadInput, match="cannot be read"):
        read_judged(path)


def test_both_orders_occur() -> None:
    assert {order(question.id)[0] for question in read_questions()[:50]} == {PAPER_QA, MEDCITE}


@pytest.mark.encoder
@pytest.mark.skipif("MEDCITE_PAPER_QA" not in os.environ, reason="needs paper-qa's environment")
def test_paper_qa_answers_from_recorded_replies() -> None:
    python = Path(os.environ["MEDCITE_PAPER_QA"])
    articles = [
        article("11", "Zebrimab in asthma.", "Zebrimab cured asthma in 40 of 50 patients."),
        article("22", "Zebras in zoos.", "Zebras live in zoos."),
    ]
    system = paper_qa("paper-qa", written.SETTINGS, python)
    none, pending = by_paper_qa(articles, [_question({})], system, {})
    assert none == {}
    (prompt,) = pending
    assert prompt["hash"] == prompt_hash(turn["content"] for turn in prompt["messages"])
    text = prompt["messages"][-1]["content"]
    key = text[: text.index(": Zebrimab in asthma.")].split()[-1]
    replies = {prompt["hash"]: f"It cured 40 of 50 ({key})."}
    answers, pending = by_paper_qa(articles, [_question({})], system, replies)
    assert (answers, pending) == ({"q1": Written("It cured 40 of 50 [1].", ("11",))}, [])


def test_recorded_replies_and_judgements_are_of_graded_questions() -> None:
    judged = read_judged(DATA / "judged.jsonl")
    assert judged.keys() <= {question.id for question in read_questions()}
    assert len(read_replies(DATA)) == 40 >= len(judged) > 0
