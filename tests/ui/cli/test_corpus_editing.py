"""What came in, looked at and taken out again: preview, undo, removal, merges; damage that doctor sees."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import open_corpus
from retrieval.version import Versions
from tests.ui.conftest import encoder
from ui.cli.main import app
from ui.services.diagnosis import examine
from ui.services.library import Library

PUBMED = (
    "PMID- 93000001\nTI  - Zelvamab in sepsis: a randomised trial.\nAB  - Mortality fell.\nDP  - 2020\n"
    "AID - 10.1000/x [doi]\n"
)
EMBASE = (
    "TY  - JOUR\nTI  - Zelvamab in sepsis: a randomised trial\nDB  - Embase\nPY  - 2020\nDO  - 10.1000/X\n"
    "VL  - 3\nER  - \nTY  - JOUR\nTI  - Something else\nDB  - Embase\nDO  - 10.1000/y\nER  - \n"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "a.nbib").write_text(PUBMED)
    (tmp_path / "b.ris").write_text(EMBASE)
    medcite(tmp_path, "corpus", "add", str(tmp_path / "a.nbib"))
    return tmp_path


def medcite(home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(
        app, [*arguments, "--home", str(home / "home")], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def pmids(home: Path) -> set[str]:
    with open_corpus(Home.locate(home / "home").corpus) as store:
        return {article.pmid for _, article in store.articles()}


def test_a_preview_says_what_would_come_and_imports_nothing(home: Path) -> None:
    said = medcite(home, "corpus", "add", str(home / "b.ris"), "--dry-run")
    assert "Would import: 1 new, 1 joined" in " ".join(said.split())
    assert pmids(home) == {"93000001"}


def test_merges_are_listed_and_split(home: Path) -> None:
    medcite(home, "corpus", "add", str(home / "b.ris"))
    assert pmids(home) == {"93000001", "doi:10.1000/y"}
    (merge,) = json.loads(medcite(home, "corpus", "merges", "--json"))
    assert [r["sources"] for r in merge["records"]] == [["PubMed"], ["Embase"]]
    assert "(DOI)" in medcite(home, "corpus", "merges")
    medcite(home, "corpus", "split", "93000001")
    assert pmids(home) == {"93000001", "doi:10.1000/x", "doi:10.1000/y"}


def test_an_import_is_undone(home: Path) -> None:
    medcite(home, "corpus", "add", str(home / "b.ris"))
    looked = json.loads(medcite(home, "corpus", "remove", "--import", "2", "--dry-run", "--json"))
    assert (looked["removed"], looked["replaced"], looked["dry_run"]) == (1, 1, True)
    assert len(pmids(home)) == 2
    medcite(home, "corpus", "remove", "--import", "2", "--yes")
    assert pmids(home) == {"93000001"}
    assert "undone" in medcite(home, "corpus", "status")


@pytest.mark.parametrize("what", [["https://doi.org/10.1000/y"], ["--query", "something ELSE"]])
def test_articles_are_removed_by_identifier_or_words(home: Path, what: list[str]) -> None:
    medcite(home, "corpus", "add", str(home / "b.ris"))
    assert "1 articles" in medcite(home, "corpus", "remove", *what, "--yes")
    assert pmids(home) == {"93000001"}


def test_what_cannot_be_removed_is_said(home: Path) -> None:
    with pytest.raises(BadInput, match="exactly one of"):
        medcite(home, "corpus", "remove")
    with pytest.raises(BadInput, match="There is no article 5"):
        medcite(home, "corpus", "remove", "5")


@pytest.mark.parametrize("damage", ["truncated", "missing"])
def test_doctor_opens_what_a_search_would_open(library: Library, damage: str) -> None:
    place = library.home
    assert next(f for f in examine(place, encoder) if f.name == "index").ok
    folder = Versions(place.indexes).current()
    if damage == "truncated":
        path = folder / "dense.faiss"
        path.write_bytes(path.read_bytes()[:100])
    else:
        (folder / "lexical" / "meta.json").unlink()
    found = next(f for f in examine(place, encoder) if f.name == "index")
    assert found.ok is False
    assert "damaged" in found.said
