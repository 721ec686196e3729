"""The questions that come near, as they are kept."""

from evaluation.reading.measure import report_near
from evaluation.reading.near import read_near
from evaluation.reading.questions import Part


def test_they_are_whole_and_no_article_is_in_two_parts() -> None:
    questions = read_near()
    parts: dict[str, set[Part]] = {}
    for question in questions:
        parts.setdefault(question.sentences[0][0], set()).add(question.part)
        texts = [question.question[start:end] for start, end in question.words]
        assert all(texts)
        assert question.answered != bool(texts)
    assert all(Part.TRAIN not in each or each == {Part.TRAIN} for each in parts.values())
    judged = [question for question in questions if question.part is not Part.TRAIN]
    assert {question.verdict for question in judged} == {"yes", "part", "no"}
    # A second reader found hardly any of those answered that were written not to be.
    near = [question for question in judged if not question.answered]
    assert sum(question.verdict == "yes" for question in near) < len(near) / 50


def test_each_figure_of_a_report_has_a_name_of_its_own() -> None:
    judged = [question for question in read_near() if question.verdict]
    report = report_near([(question, "possible") for question in judged])
    assert len({(each.group, each.name) for each in report.figures}) == len(report.figures)
    assert report.find("rated possible", "answered: no").value == 1
