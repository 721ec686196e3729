"""Vectors of articles: cached or not, and whatever else was read, they are the same."""

import threading

import numpy as np
import pytest

from agent.answer import Answer
from agent.language import tokens
from agent.reading.reader import LocalReader, Reading
from agent.reading.vectors import ArticleVectors
from corpora.home import Home
from retrieval.build import build_index
from retrieval.encoder import Encoder, load_encoder
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.progress import Recorded

_ARTICLES = [
    ("Zinc for colds", "Zinc shortened colds by a day.", "It was safe.", "Zinc shortened it."),
    ("Lorazepam", "Of 80 patients on lorazepam 18% responded, of the others 38% did."),
    ("A title alone",),
    ("Statins in sepsis", "Mortality was " + "much " * 40 + "lower.", "No harm was seen."),
]
_QUESTIONS = (
    "Does navorelimab reduce mortality in sepsis?",
    "Is navorelimab safe?",
    "What reduces mortality in sepsis?",
    "Which patients respond to treatment?",
)


def test_what_is_cached_is_not_encoded_again_and_the_cache_is_bounded() -> None:
    encoder = HashingEncoder()
    vectors = ArticleVectors(encoder, most=7)
    first = vectors.of(_ARTICLES[:2])
    again = vectors.of(_ARTICLES[1::-1])
    assert encoder.encoded == 6
    assert all(a is b for a, b in zip(first, reversed(again), strict=True))
    vectors.of(_ARTICLES[2:])  # seven texts at most: the two before are dropped
    assert encoder.encoded == 10
    vectors.of(_ARTICLES[2:])
    assert encoder.encoded == 10
    vectors.of(_ARTICLES[:1])
    assert encoder.encoded == 14


def test_one_article_twice_is_encoded_once() -> None:
    encoder = HashingEncoder()
    one, other = ArticleVectors(encoder).of([_ARTICLES[0], _ARTICLES[0]])
    assert one is other
    assert encoder.encoded == len(_ARTICLES[0])
    assert ArticleVectors(encoder).of([]) == []


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.mark.encoder
def test_vectors_depend_on_their_article_alone(encoder: Encoder) -> None:
    together = ArticleVectors(encoder).of(_ARTICLES)
    one_by_one = ArticleVectors(encoder)
    for texts, expected in reversed(list(zip(_ARTICLES, together, strict=True))):
        (alone,) = one_by_one.of([texts])
        assert np.array_equal(alone, expected)
        assert np.allclose(alone, encoder.encode_documents(texts), atol=0.01)


@pytest.mark.encoder
def test_threads_that_encode_at_once_get_the_same(encoder: Encoder) -> None:
    vectors, expected = ArticleVectors(encoder, most=4), ArticleVectors(encoder).of(_ARTICLES)
    same: list[bool] = []

    def read(first: int) -> None:
        for number in (*range(first, len(_ARTICLES)), *range(first)):
            (one,) = vectors.of([_ARTICLES[number]])
            same.append(np.array_equal(one, expected[number]))

    threads = [threading.Thread(target=read, args=(n,)) for n in range(len(_ARTICLES))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same == [True] * 16


@pytest.mark.encoder
def test_an_answer_does_not_depend_on_earlier_questions(
    sample_home: Home, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder
) -> None:
    import shutil

    home = Home(shutil.copytree(sample_home.root, tmp_path_factory.mktemp("read") / "home"))
    build_index(home, encoder, Recorded())

    def asked(*questions: str) -> list[tuple[Reading, object]]:
        """The readings and answers of a process that has just started."""
        tokens.shipped_encoder.cache_clear()
        with local_assistant(Searcher(home, encoder), reader=LocalReader(encoder)) as assistant:
            results = []
            for question in questions:
                updates = [step.update for step in assistant.stream(question)]
                (reading,) = [update["reading"] for update in updates if "reading" in update][-1:]
                results.append((reading, _lasting(updates[-1]["answer"])))
            return results

    alone = [asked(question)[0] for question in _QUESTIONS]
    assert any(reading.sentences for reading, _ in alone)
    assert asked(*_QUESTIONS) == alone
    assert asked(*reversed(_QUESTIONS)) == alone[::-1]
    assert asked(*_QUESTIONS, *_QUESTIONS) == [*alone, *alone]


def _lasting(answer: Answer) -> dict[str, object]:
    fields = answer.to_dict()
    del fields["id"], fields["provenance"]
    return fields
