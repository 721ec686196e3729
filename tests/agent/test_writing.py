"""The local writer: which sentences can be quoted."""

import pytest

from agent.writing.sentences import candidates
from corpora.article import Article, Section
from retrieval.passage import Evidence, Passage


def _candidates(*sections: Section) -> dict[str, str]:
    article = Article("1", "A title", sections)
    passage = Passage("1:0", "1", "", 0, len(article.text), article.text)
    return {c.text: c.category for c in candidates([Evidence(passage, article, 1, 1.0)])}


@pytest.mark.parametrize(
    "text",
    [
        "We aimed to assess whether aspirin lowers the risk of stroke.",
        "To evaluate the effect of aspirin on the risk of stroke.",
        "This study investigates aspirin in adults with atrial fibrillation.",
        "Further large randomised studies are needed to confirm this.",
        "PubMed and Embase were systematically searched until March 2020.",
        "A literature search was performed in three databases by two authors.",
        "Does aspirin lower the risk of stroke in older adults?",
        "This study analyzed scans of the brain in adults with stroke.",
        "A questionnaire on symptoms was distributed to the invited women.",
        "Data about contacts were obtained from the national registry.",
        "The study included 2,957 women; 683 of these reported symptoms.",
        "A 64-year-old man presented with enlargement of the aorta.",
        "(PsycInfo Database Record (c) 2021 APA, all rights reserved).",
        "The journal is published by John Wiley & Sons on behalf of a society.",
        "Several studies have shown the need for evidence on aspirin.",
        "Too short a sentence.",
        "Administration of aspirin to adults after cardiac surgery.",
    ],
)
def test_aims_methods_and_calls_for_more_are_no_findings(text: str) -> None:
    assert text not in _candidates(
        Section("", text), Section("", "Zinc reduced the duration of common colds.")
    )


def test_categories_come_from_nlm_then_the_label_then_the_wording() -> None:
    found = _candidates(
        Section("FINDINGS", "Aspirin lowered the risk of stroke by a third.", "RESULTS"),
        Section("Interpretation", "Aspirin is useful after a first stroke."),
        Section("", "Our results suggest that aspirin is useful here."),
        Section("", "Aspirin was given to one half of the patients."),
        Section("", "Nobody was lost to the follow-up of one year."),
        Section("", "Bleeding was rare in both of the groups."),
    )
    assert list(found.values()) == [
        "RESULTS",
        "CONCLUSIONS",
        "CONCLUSIONS",
        "",
        "",
        "CONCLUSIONS",
    ]


def test_a_sentence_that_leans_on_the_one_before_is_marked() -> None:
    article = Article(
        "1", "T", (Section("", "However, they did so more often in winter than before."),)
    )
    passage = Passage("1:0", "1", "", 0, len(article.text), article.text)
    (one,) = candidates([Evidence(passage, article, 1, 1.0)])
    assert one.leans_back


def test_where_nothing_is_found_what_else_there_is_counts() -> None:
    aim = "We aimed to assess whether aspirin lowers the risk of stroke."
    assert list(_candidates(Section("", aim))) == [aim]
    assert list(_candidates(Section("", "Aspirin and stroke"))) == ["Aspirin and stroke"]
    assert not _candidates(Section("", "Aspirin"))
