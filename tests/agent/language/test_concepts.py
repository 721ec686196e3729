"""Concepts under their names: which names are one, and a question in another text's words."""

from __future__ import annotations

import pytest

from agent.language.concepts import Reworded, shipped_concepts


@pytest.mark.parametrize(
    ("question", "article", "expected"),
    [
        ("broken heart syndrome and BNP", "BNP in Takotsubo syndrome", "Takotsubo syndrome and BNP"),
        ("N-acetylcysteine in AKI", "N-acetyl cysteine", "N-acetyl cysteine in AKI"),
        ("oesophageal cancer", "Esophageal neoplasms", "Esophageal neoplasms"),
        ("Zofran after surgery", "ondansetron", "ondansetron after surgery"),
        # An article on a narrower concept answers, one on a broader or a neighbouring does not.
        ("benzodiazepines in rTMS", "lorazepam in rTMS", "lorazepam in rTMS"),
        ("lorazepam in rTMS", "benzodiazepines in rTMS", "lorazepam in rTMS"),
        ("lorazepam in rTMS", "diazepam in rTMS", "lorazepam in rTMS"),
        # A name that the article has stays, whatever else it has.
        ("heart attack", "A heart attack is a myocardial infarction", "heart attack"),
    ],
)  # fmt: skip
def test_a_question_is_read_in_the_words_of_an_article(
    question: str, article: str, expected: str
) -> None:
    assert shipped_concepts().in_words_of(question, article).text == expected


def test_an_ambiguous_lay_word_is_read_by_the_article() -> None:
    concepts = shipped_concepts()
    asked = "can fits after a stroke be prevented"
    seizures = concepts.in_words_of(asked, "Seizures after stroke: a cohort").text
    assert seizures == "can Seizures after a stroke be prevented"
    assert concepts.in_words_of(asked, "Physical fitness after stroke").text == asked


def test_the_longest_name_counts() -> None:
    worded = shipped_concepts().in_words_of("acute liver failure", "liver failure, acute")
    assert worded == Reworded("acute liver failure", ())


def test_an_abbreviation_is_no_plural_of_another() -> None:
    concepts = shipped_concepts()
    assert concepts.in_headings("CRPS of the foot", lambda _: True).text == (
        "complex regional pain syndromes of the foot"
    )
    assert concepts.in_headings("two CRPs", lambda _: True).text == "two c-reactive protein"


def test_spans_move_with_the_words() -> None:
    question = "Which dose of Humira in acne inversa, weekly?"
    worded = shipped_concepts().in_words_of(question, "adalimumab for hidradenitis suppurativa")
    assert worded.text == "Which dose of adalimumab in hidradenitis suppurativa, weekly?"

    def moved(words: str) -> str:
        start = question.index(words)
        return worded.text[slice(*worded.moved(start, start + len(words)))]

    assert moved("dose") == "dose"
    assert moved("weekly") == "weekly"
    assert moved("Humira") == "adalimumab"
    assert moved("inversa") == "hidradenitis suppurativa"
    assert moved("of Humira in") == "of adalimumab in"


def test_headings_of_which_the_literature_has_no_word_are_not_searched() -> None:
    concepts = shipped_concepts()
    assert concepts.in_headings("statins for heart attacks", lambda words: "infarction" in words).text == (
        "statins for myocardial infarction"
    )  # fmt: skip
