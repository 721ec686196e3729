"""Bad files, disks and directories at the command line: one message, and what was good stays."""

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.pubmed import pubmed_xml, record
from tests.ui.cli.commands import medcite

_GOOD = pubmed_xml(record("1", "Aspirin after stroke"), record("2", "Heparin after stroke"))
_NO_PMID = "<PubmedArticle><MedlineCitation><Article/></MedlineCitation></PubmedArticle>"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data directory with two articles."""
    (tmp_path / "good.xml").write_bytes(_GOOD)
    folder = tmp_path / "home"
    assert medcite(folder, "corpus", "add", str(tmp_path / "good.xml")).returncode == 0
    return folder


def _status(home: Path) -> dict[str, object]:
    return json.loads(medcite(home, "corpus", "status", "--json").stdout)


_UNREADABLE = {
    "cut.xml.gz": (gzip.compress(_GOOD * 50)[:-400], "damaged or truncated archive"),
    "broken.xml": (_GOOD[:-60], "XML is malformed"),
    "empty.xml": (b"", "is empty"),
    "blank.jsonl": (b"\n \n", "is empty"),
    "photo.xml": (b"\x89PNG\r\n\x1a\n" + bytes(200), "unknown format"),
    "page.xml": (b"<html><body>404</body></html>", "neither PubMed XML, JATS nor"),
}


def test_a_file_that_cannot_be_read_changes_nothing(home: Path, tmp_path: Path) -> None:
    before = _status(home)["snapshot"]
    for name, (content, message) in _UNREADABLE.items():
        (tmp_path / name).write_bytes(content)
        done = medcite(home, "corpus", "add", str(tmp_path / name))
        assert done.returncode != 0, name
        assert message in done.stderr.replace("\n", " ")
        assert "Traceback" not in done.stderr
    after = _status(home)
    assert (after["snapshot"], after["articles"]) == (before, 2)
    # Mended, the same names are read.
    for number, name in enumerate(_UNREADABLE, start=3):
        (tmp_path / name).write_bytes(pubmed_xml(record(str(number))))
    mended = [str(tmp_path / name) for name in _UNREADABLE]
    assert medcite(home, "corpus", "add", *mended).returncode == 0
    assert _status(home)["articles"] == 2 + len(_UNREADABLE)


def test_a_record_without_pmid_is_named_and_the_rest_imported(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "mixed.xml"
    path.write_bytes(pubmed_xml(record("5"), _NO_PMID, record("6")))
    done = medcite(home, "corpus", "add", str(path))
    assert "1 record(s) unread" in done.stderr
    told = _status(home)
    assert told["articles"] == 4
    (unread,) = told["unread"]
    assert (unread["file"], unread["position"], unread["reason"]) == ("mixed.xml", 2, "no PMID")
    assert unread["line"] > 0
    # Unchanged, it is tried again rather than skipped for ever.
    lines = medcite(home, "corpus", "add", str(path), "--json").stdout.splitlines()
    again = json.loads(lines[-1])
    assert again["unread"] == 1
    assert again["added"] == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_was_there(small_disk: Path, tmp_path: Path) -> None:
    home = small_disk / "home"
    (tmp_path / "good.xml").write_bytes(_GOOD)
    assert medcite(home, "corpus", "add", str(tmp_path / "good.xml")).returncode == 0
    large = tmp_path / "large.jsonl"
    with large.open("w", encoding="utf-8") as file:
        for number in range(2_000):
            abstract = os.urandom(600).hex()
            line = {"pmid": f"n{number}", "title": "Noise", "abstract": abstract}
            file.write(json.dumps(line) + "\n")
    done = medcite(home, "corpus", "add", str(large))
    assert done.returncode == 5
    assert "is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert _status(home)["articles"] == 2


def test_a_directory_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(_GOOD)
    done = medcite(Path("/proc/medcite"), "corpus", "add", str(tmp_path / "good.xml"))
    assert done.returncode == 5
    assert "--home" in done.stderr
