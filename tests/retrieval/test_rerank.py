"""Reranking: a real cross-encoder with random weights loads and orders; what is none is refused."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from corpora.errors import EncoderError
from retrieval.encoder import DEFAULT_ENCODER, model_folder
from retrieval.passage import SearchQuery
from retrieval.rerank import CrossEncoderReranker, rerank
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed

_ARTICLES = [article(str(n), f"Title {n}", f"Aspirin in trial {n}.") for n in range(1, 8)]


def _cross_encoder(folder: Path, labels: int) -> str:
    """A tiny BERT with random weights and a real tokenizer."""
    packaged = model_folder(DEFAULT_ENCODER)
    tokenizer = AutoTokenizer.from_pretrained(str(packaged))
    config = BertConfig(
        vocab_size=tokenizer.vocab_size, hidden_size=16, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=32, num_labels=labels,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.mark.encoder
def test_a_cross_encoder_orders_what_was_found(tmp_path: Path) -> None:
    reranker = CrossEncoderReranker(_cross_encoder(tmp_path / "model", labels=1))
    plain, encoder = indexed(tmp_path / "home", _ARTICLES, HashingEncoder()), HashingEncoder()
    found = Searcher(plain, encoder).search([SearchQuery("aspirin trial")], 5)[0]
    again = Searcher(plain, encoder, reranker=reranker).search([SearchQuery("aspirin trial")], 5)[0]
    texts = [f"{e.article.title} {e.passage.text}" for e in again]
    assert {e.article.pmid for e in again} == {e.article.pmid for e in found}
    assert [e.score for e in again] == sorted((e.score for e in again), reverse=True)
    assert [e.score for e in again] == pytest.approx(
        reranker.scores("aspirin trial", texts), abs=1e-4
    )
    assert [e.rank for e in again] == [1, 2, 3, 4, 5]
    assert all(e.reranked for e in again)
    assert rerank("nothing", [], reranker) == []
    queries = [SearchQuery("aspirin trial"), SearchQuery("trial", weight=0.5)]
    together = Searcher(plain, encoder, reranker=reranker).gather(queries, 5)
    assert [(e.article.pmid, e.score) for e in together] == [
        (e.article.pmid, pytest.approx(e.score, abs=1e-4)) for e in again
    ]


@pytest.mark.encoder
def test_a_classifier_or_no_model_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="3 outputs"):
        CrossEncoderReranker(_cross_encoder(tmp_path / "model", labels=3))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        CrossEncoderReranker(str(tmp_path / "nowhere"))
