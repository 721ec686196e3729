"""Sizes as abstracts state them; the sentences are shortened ones of the demo literature."""

import pytest

from corpora.article import Article, Notice, NoticeKind, Section
from corpora.sample_size import sample_size, stated_size


def _article(title: str, abstract: str, *types: str) -> Article:
    return Article("1", title, (Section("", abstract),), publication_types=types)


@pytest.mark.parametrize(
    ("abstract", "size"),
    [
        ("A total of 1,204 patients were included.", 1204),
        ("In total, 17 086 patients were included.", 17086),
        ("Fifty-one patients with different macular diseases were recruited.", 51),
        ("One hundred and eighty-six patients were evaluated.", 186),
        ("Seven hundred five patients were included.", 705),
        ("The analysis included 3111 diabetic participants, 329 of whom had retinopathy.", 3111),
        ("We retrospectively analyzed data from 16,110 patients who had undergone surgery.", 16110),
        ("We included 3,005 cases and 12,020 control patients matched by age.", 15025),
        ("Among those seen were patients (n=29) from a pain service.", 29),
        # Not all who were studied, or nobody who was.
        ("After exclusion of 17 patients who had been exposed, it rose.", None),
        ("A total of 8 (28%) patients had bleeding.", None),
        ("Each of the matched groups included 11,947 participants.", None),
        ("The analysis included 174 patients seen once and 69 patients seen twice.", None),
        ("There were patients on A (n = 20) and on placebo (n = 18).", None),
        ("Of 500 patients screened, 204 patients were included.", None),
        ("We will include 300 patients.", None),
        ("The sample size of 300 patients was calculated.", None),
        ("In 2019 patients were included.", None),
        ("They included 85,505 veterans. After 50,889 patients without data were excluded, it fell.", None),
        ("Patients were followed for 12 months.", None),
        ("", None),
    ],
)  # fmt: skip
def test_participants_of_a_study(abstract: str, size: int | None) -> None:
    found = sample_size(_article("X in a prospective cohort", abstract))
    assert (found.participants if found else None) == size


@pytest.mark.parametrize(
    ("abstract", "size"),
    [
        ("A total of 200 patients were enrolled. Finally, 150 patients were randomly assigned.", 150),
        ("We randomised 450 individuals to 10, 20 or 30 minutes.", 450),
        ("We randomized 48 patients to undergo A and 52 patients to undergo B.", None),
        ("847 patients were randomly assigned in X 1. 836 patients were randomly assigned in X 2.", None),
        ("Interviews were conducted with twelve patients.", None),
    ],
)  # fmt: skip
def test_of_a_trial_those_count_who_were_randomised(abstract: str, size: int | None) -> None:
    found = sample_size(_article("A randomised trial of X", abstract))
    assert (found.participants if found else None) == size


@pytest.mark.parametrize(
    ("abstract", "label"),
    [
        ("Twenty-eight studies with a total of 63,537 individuals were included.", "28 studies, n = 63,537"),
        ("Seven RCTs (461 patients) were included.", "7 studies, n = 461"),
        ("Forty-three studies were included.", "43 studies"),
        ("Ten studies with 16,382 CHD cases and 1,812,999 controls were included.", "10 studies, n = 1,829,381"),
        ("The search identified 529 articles, of which 9 were included.", None),
        ("Seven trials with 1,773 patients and 3 observational studies were included.", None),
        ("A random sample of 218 studies identified 51 for inclusion.", None),
    ],
)  # fmt: skip
def test_of_a_review_its_studies_count(abstract: str, label: str | None) -> None:
    found = sample_size(_article("X: a systematic review", abstract))
    assert (found.label if found else None) == label


def test_the_words_are_a_span_of_the_text() -> None:
    sections = (
        Section("BACKGROUND", "A total of 99 patients were included before."),
        Section("RESULTS", "Overall, 204 adults were included.", "RESULTS"),
    )
    article = Article("1", "X: a cohort", sections)
    found = sample_size(article)
    assert found is not None
    assert found.participants == 204
    assert article.text[found.start : found.end] == found.words == "Overall, 204 adults"


@pytest.mark.parametrize(
    ("title", "types"),
    [
        ("Retraction: X: a randomised trial", ("Retraction of Publication",)),
        ("X: study protocol", ()),
        ("X", ("Review",)),
        ("X", ("Editorial",)),
        ("X in mice", ()),
    ],
)
def test_what_is_no_study_of_people_has_no_size(title: str, types: tuple[str, ...]) -> None:
    article = _article(title, "A total of 204 patients were included.", *types)
    assert sample_size(article) is None


def test_a_notice_about_others_has_no_size() -> None:
    notice = Notice(NoticeKind.RETRACTED, "2", issued_by=True)
    assert sample_size(Article("1", "204 patients were included", notices=(notice,))) is None


@pytest.mark.parametrize(
    ("abstract", "words"),
    [
        ("A total of 72 patients were recruited and 60 patients were randomised.", "72 patients"),
        ("Records from 85 patients with cirrhosis were examined.", "85 patients"),
        ("Participants (N = 213, 55% female) were randomised to reward (n = 109).", "213"),
        ("Of 4939 patients screened, some took part.", ""),
        ("Of 85 patients, 45 patients (53%) were included.", ""),
        ("Sixty patients were randomised to the drug group and sixty to control.", ""),
    ],
)
def test_what_is_stated_first_may_be_shown_beside_its_words(abstract: str, words: str) -> None:
    article = _article("X: a cohort", abstract)
    found = stated_size(article)
    assert bool(found) == bool(words)
    if found:
        assert words in found.words
        assert article.text[found.start : found.end] == found.words


def test_a_review_states_its_studies_and_not_what_was_screened() -> None:
    title = "X: a systematic review"
    found = stated_size(
        _article(title, "A total of 15 studies involving 8378 women were included.")
    )
    assert found
    assert (found.studies, found.participants) == (15, 8378)
    assert not stated_size(_article(title, "3417 papers were identified and 30 were included."))
