"""Passages: whole sentences, exact offsets, nothing lost, nothing too long."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from corpora.article import Article, Section
from retrieval.chunking import article_sentences, encoded_text, sentences, split
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article

_ENCODER = HashingEncoder(window=40)
_WORDS = st.text(alphabet="abc αβ.,;()0123456789?! ²₀", min_size=0, max_size=400).map(
    lambda text: " ".join(text.split())
)


def _split(one: Article) -> list:
    return split(one, _ENCODER.window, _ENCODER.count_tokens)


@given(title=_WORDS, parts=st.lists(_WORDS.filter(bool), max_size=4))
def test_offsets_give_back_text_and_nothing_is_lost(title: str, parts: list[str]) -> None:
    one = Article("1", title, tuple(Section("A", part) for part in parts))
    passages = _split(one)
    for passage in passages:
        assert one.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
    for before, after in pairwise(passages):
        assert before.end <= after.start
    kept = "".join(c for p in passages for c in p.text if not c.isspace())
    whole = "".join(c for part in parts for c in part if not c.isspace())
    # A section of nothing but white space between signs has no sentence.
    assert kept == (whole or "".join(title.split()))


@given(
    words=st.lists(
        st.sampled_from(["aspirin", "lowered", "risk", "in", "trials."]), min_size=1, max_size=300
    )
)
def test_every_passage_fits_the_window(words: list[str]) -> None:
    one = article("1", "A title of five words", " ".join(words))
    for passage in _split(one):
        assert _ENCODER.count_tokens([encoded_text(one, passage)])[0] <= _ENCODER.window


def test_passages_are_few_and_even() -> None:
    text = " ".join(f"Sentence number {n} has seven words here." for n in range(9))
    sizes = [len(p.text.split()) for p in _split(article("1", "Title", text))]
    assert len(sizes) == 2
    assert max(sizes) - min(sizes) <= 7


def test_article_with_only_a_title_is_one_passage() -> None:
    (passage,) = _split(article("1", "Only a title."))
    assert (passage.start, passage.text) == (0, "Only a title.")
    assert _split(article("1", "")) == []


def test_a_title_is_read_with_its_passage_but_not_twice() -> None:
    one = article("1", "The title.", "The finding.")
    assert encoded_text(one, _split(one)[0]) == "The title. The finding."
    alone = article("1", "The title.")
    assert encoded_text(alone, _split(alone)[0]) == "The title."


def test_sentences_keep_abbreviations_numbers_and_list_marks_together() -> None:
    text = "It fell (HR 0.56; 95% CI 0.4-0.7, p < 0.05), e.g. in E. coli. 1. First. 2. Second."
    found = [text[s.start : s.end] for s in sentences(text)]
    assert found == [
        "It fell (HR 0.56; 95% CI 0.4-0.7, p < 0.05), e.g. in E. coli.",
        "1. First.",
        "2. Second.",
    ]


def test_sentences_are_cut_between_less_than_and_greater_than() -> None:
    text = "Adults aged <65 years did well. Half of them had a score >24. The others did not."
    found = [text[s.start : s.end] for s in sentences(text)]
    assert found == [
        "Adults aged <65 years did well.",
        "Half of them had a score >24.",
        "The others did not.",
    ]


def test_sentences_carry_their_section() -> None:
    one = Article(
        "1", "T", (Section("METHODS", "We did. We looked."), Section("RESULTS", "It was."))
    )
    labels = [(one.text[s.start : s.end], label) for s, label in article_sentences(one)]
    assert labels == [("We did.", "METHODS"), ("We looked.", "METHODS"), ("It was.", "RESULTS")]
