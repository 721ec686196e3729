"""Vectors that were published: checked, kept for the articles that are here, built on unencoded."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from corpora.article import Section
from corpora.errors import BadInput, MedciteError, UnreadableFile
from corpora.home import Home
from retrieval.build import build_index
from retrieval.chunking import encoded_text, split
from retrieval.encoder.networks import open_network
from retrieval.integrity import verify_index
from retrieval.passage import SearchQuery
from retrieval.published_vectors import VectorImport, import_vectors
from retrieval.search import Searcher
from retrieval.version import Versions
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, put
from tests.fakes.progress import Recorded

_LONG = "This sentence alone has words enough for a window of its own. " * 30
_ARTICLES = [article(str(n), f"Title {n}", f"Finding {n}. {_LONG}") for n in range(1, 41)]


class NoArticles(HashingEncoder):
    """Encodes questions only, as if the article encoder were not installed."""

    def encode_documents(self, texts):  # type: ignore[no-untyped-def]
        raise AssertionError(f"encoded {len(texts)} documents")


def _chunks(
    folder: Path, pmids: list[str], size: int = 15, encoder: HashingEncoder | None = None
) -> None:
    """Files as NCBI publishes them, of vectors that are not of unit length."""
    folder.mkdir(exist_ok=True)
    texts = {a.pmid: f"{a.title}\n\n{a.sections[0].text}" for a in _ARTICLES}
    encoder = encoder or HashingEncoder()
    for number, first in enumerate(range(0, len(pmids), size)):
        part = pmids[first : first + size]
        vectors = 7.5 * encoder.encode_queries([texts.get(pmid, "elsewhere") for pmid in part])
        np.save(folder / f"embeds_chunk_{number}.npy", vectors)
        (folder / f"pmids_chunk_{number}.json").write_text(json.dumps(part))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    put(Home(tmp_path / "home"), _ARTICLES)
    return Home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _chunks(tmp_path / "chunks", [str(n) for n in range(40, 0, -1)] + ["777"])
    return tmp_path / "chunks"


def test_an_index_over_them_encodes_no_article(home: Home, folder: Path) -> None:
    encoder = NoArticles()
    done = import_vectors(home, encoder, folder, Recorded())
    assert done == VectorImport(chunks=3, rows=41, kept=40, unmatched=1)
    built = build_index(home, encoder, Recorded(), unit="article")
    assert (built.manifest.articles, built.manifest.passages, built.encoded) == (40, 40, 0)
    found = Searcher(home, encoder).search([SearchQuery("Title 23 Finding 23")], 1)[0][0]
    assert found.article.pmid == "23"
    assert found.passage.text == _ARTICLES[22].sections[0].text
    # What was imported is what this encoder gives, so a sample encoded again agrees.
    assert all(check.ok for check in verify_index(home, HashingEncoder()))


def test_the_next_build_keeps_the_unit_and_encodes_what_was_revised(
    home: Home, folder: Path
) -> None:
    encoder = HashingEncoder()
    import_vectors(home, encoder, folder, Recorded())
    build_index(home, encoder, Recorded(), unit="article")
    assert build_index(home, encoder, Recorded()).unchanged
    revised = article("3", "Title 3", f"Another finding. {_LONG}", revised="2022-01-01")
    put(home, [revised], "update.jsonl")
    again = build_index(home, encoder, Recorded())
    assert (again.encoded, again.manifest.passages, again.manifest.unit) == (1, 40, "article")
    split_up = build_index(home, encoder, Recorded(), unit="passage")
    assert split_up.manifest.passages > 40


def test_a_stopped_import_goes_on_and_a_done_one_is_skipped(home: Home, folder: Path) -> None:
    whole = (folder / "embeds_chunk_2.npy").read_bytes()
    broken = np.load(folder / "embeds_chunk_2.npy")
    broken[9] = np.nan
    np.save(folder / "embeds_chunk_2.npy", broken)
    with pytest.raises(BadInput, match=r"Row 9 of .*embeds_chunk_2"):
        import_vectors(home, HashingEncoder(), folder, Recorded(), block=4)
    (folder / "embeds_chunk_2.npy").write_bytes(whole)
    progress = Recorded()
    rest = import_vectors(home, HashingEncoder(), folder, progress, block=4)
    assert (rest.skipped, rest.kept, rest.known, rest.unmatched) == (38, 2, 0, 1)
    assert progress.stages["vectors"] == (41, 41)
    assert import_vectors(home, HashingEncoder(), folder, Recorded()).skipped == 41
    put(home, [article("777", "Elsewhere", "elsewhere")], "more.jsonl")
    more = import_vectors(home, HashingEncoder(), folder, Recorded())
    assert (more.skipped, more.kept, more.known) == (0, 1, 40)


def _spoil(folder: Path, how: str) -> None:
    vectors, pmids = folder / "embeds_chunk_1.npy", folder / "pmids_chunk_1.json"
    listed = json.loads(pmids.read_text())
    if how == "short":
        vectors.write_bytes(vectors.read_bytes()[:-100])
    elif how == "doubles":
        np.save(vectors, np.load(vectors).astype(np.float64))
    elif how == "dimensions":
        np.save(vectors, np.load(vectors)[:, :5])
    elif how == "flat":
        np.save(vectors, np.load(vectors).ravel())
    elif how == "fewer":
        pmids.write_text(json.dumps(listed[1:]))
    elif how == "twice":
        pmids.write_text(json.dumps([*listed[1:], listed[1]]))
    elif how == "names":
        pmids.write_text(json.dumps(["PMC1", *listed[1:]]))
    elif how == "text":
        pmids.write_text("1, 2, 3")
    else:
        pmids.unlink()


@pytest.mark.parametrize(
    ("how", "said", "error"),
    [
        ("short", "embeds_chunk_1.npy is not a complete array", UnreadableFile),
        ("doubles", "contains float64", BadInput),
        ("dimensions", "has 5 dimensions, the encoder 64", BadInput),
        ("flat", r"of shape \(960,\)", BadInput),
        ("fewer", "not a list of 15 PMIDs", BadInput),
        ("twice", "contains a PMID twice", BadInput),
        ("names", "not a list of 15 PMIDs", BadInput),
        ("text", "is not JSON", UnreadableFile),
        ("missing", r"no pmids_chunk_1.json", BadInput),
    ],
)
def test_a_chunk_that_is_not_what_it_should_be_is_named(
    home: Home, folder: Path, how: str, said: str, error: type[MedciteError]
) -> None:
    _spoil(folder, how)
    with pytest.raises(error, match=said) as raised:
        import_vectors(home, HashingEncoder(), folder, Recorded())
    assert raised.value.next_step
    assert not Versions(home.indexes).all()


def test_half_precision_is_read_too(home: Home, folder: Path) -> None:
    for path in folder.glob("*.npy"):
        np.save(path, np.load(path).astype(np.float16))
    assert import_vectors(home, HashingEncoder(), folder, Recorded()).kept == 40


def test_an_articles_unit_is_its_abstract_and_its_body_is_split() -> None:
    sections = (
        Section("AIMS", "Why."),
        Section("RESULTS", "What."),
        Section("Methods", _LONG, body=True),
    )
    full = article("1", "Title")
    full = type(full)("1", "Title", sections)
    first, *rest = split(full, 64, HashingEncoder().count_tokens, "article")
    assert (first.text, first.section) == ("Why.\nWhat.", "AIMS")
    assert encoded_text(full, first, "article") == "Title\n\nWhy.\nWhat."
    assert len(rest) > 1
    assert " ".join(p.text for p in rest) == _LONG.strip()
    (alone,) = split(article("2", "Only a title"), 64, HashingEncoder().count_tokens, "article")
    assert encoded_text(full, alone, "article") == alone.text == "Only a title"


@pytest.mark.encoder
def test_title_and_abstract_are_read_as_a_pair(folder: Path, tmp_path: Path) -> None:
    """As MedCPT's article encoder was trained: two segments, the vector of [CLS]."""
    from retrieval.encoder import model_folder

    network = open_network(model_folder("all-MiniLM-L6-v2"), "cpu", "cls", pairs=True)
    model = network.model  # type: ignore[attr-defined]
    features = model.tokenizer(["A title"], ["An abstract."], return_tensors="pt")
    assert features["token_type_ids"].sum() > 0
    with torch.no_grad():
        hidden = model[0].auto_model(**features).last_hidden_state[0, 0].float().numpy()
    own = network.encode_documents(["A title\n\nAn abstract."])[0]
    assert float(own @ hidden / np.linalg.norm(hidden)) > 0.999
    joined = network.encode_documents(["A title An abstract."])[0]
    assert float(own @ joined) < 0.999
