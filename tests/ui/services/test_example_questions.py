"""Questions made of titles."""

from dataclasses import replace

import pytest

from corpora.article import Notice, NoticeKind
from tests.fakes.literature import article
from ui.services.example_questions import candidates, question_of


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Effect of Metformin on Cancer Risk: a meta-analysis.", "What is the effect of metformin on cancer risk?"),
        ("The effects of IL-6 blockade on mortality", "What is the effect of IL-6 blockade on mortality?"),
        ("Efficacy and safety of rituximab in pemphigus: a review.", "What is the efficacy and safety of rituximab in pemphigus?"),
        ("Apixaban versus warfarin in atrial fibrillation.", "Which is better in atrial fibrillation, apixaban or warfarin?"),
        ("Colchicine for acute gout: a randomised trial.", "What is known about colchicine for acute gout?"),
        ("Does colchicine help in acute gout? A randomised trial.", "Does colchicine help in acute gout?"),
        ("Do Water-aided Techniques Help With BMI in Colonoscopy?", "Do water-aided techniques help with BMI in colonoscopy?"),
        ("Treatment of <i>H. pylori</i>", None),
        ("Effect of a on b", None),
        ("Notes from the field", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_question_of_a_title(title: str, question: str | None) -> None:
    assert question_of(title) == question


def test_the_strongest_and_newest_come_first_and_each_is_about_something_else() -> None:
    def made(pmid: str, what: str, year: int, kind: str) -> object:
        return article(pmid, f"Effect of {what} on mortality: a study.", "x", year=year, publication_types=(kind,))  # fmt: skip

    review, trial = "Systematic Review", "Randomized Controlled Trial"
    articles = [
        made("1", "aspirin given early", 2019, trial),
        made("2", "aspirin given late", 2021, trial),
        made("3", "colchicine in gout", 2010, review),
        made("4", "statins in sepsis", 2021, "Journal Article"),
        replace(made("5", "heparin in strokes", 2021, review), notices=(Notice(NoticeKind.RETRACTED),)),
    ]  # fmt: skip
    assert list(candidates(articles)) == [
        "What is the effect of colchicine in gout on mortality?",
        "What is the effect of aspirin given late on mortality?",
    ]
    assert [*candidates(articles[:2])] == ["What is the effect of aspirin given late on mortality?"]
