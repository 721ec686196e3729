"""Simulate a year of NLM's daily update files, derived from real records, applied day by day.

Part of a real file is the baseline. Every day has new records, revisions (a later revision date and
another sentence) and deletions, as a numbered file with its checksum on a local server. The result
of `medcite update` is then compared with a corpus and an index built at once from the same files.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from lxml import etree

from corpora.errors import BadInput
from corpora.home import Home
from corpora.importer import import_files
from corpora.sources.nlm import UPDATES
from corpora.sources.progress import SilentFetch
from corpora.store import ArticleStore, open_corpus
from evaluation.encoders import WrappedEncoder
from retrieval.boolean.parser import parse
from retrieval.build import build_index
from retrieval.encoder import Encoder, Vectors
from retrieval.passage import SearchQuery
from retrieval.progress import Silent
from retrieval.search import Searcher
from retrieval.updating import update
from retrieval.version import Versions, read_manifest

_QUERIES = 100
_DEPTH = 20
_BOOLEAN = ("patients[tiab]", "2021[dp] AND study[tiab]", "humans[mh] NOT review[pt]")


@dataclass(frozen=True, slots=True)
class Daily:
    """Numbers of new, revised and deleted records per day."""

    new: int = 4
    revised: int = 3
    deleted: int = 1


class _OneByOne(WrappedEncoder):
    """Encodes each text alone, since in half precision a vector depends on its batch."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return np.concatenate([self._encoder.encode_documents([text]) for text in texts])


class _Year:
    """Generates the files in order."""

    def __init__(self, source: Path, baseline: int, daily: Daily) -> None:
        self._records = _records(source)
        self._daily = daily
        self._random = random.Random(0)  # noqa: S311
        self._present: dict[str, bytes] = {}
        self._baseline = baseline
        if len(self._records) <= baseline:
            raise BadInput(
                f"{source} contains {len(self._records):,} records.", "Use a smaller baseline."
            )

    def baseline(self) -> bytes:
        return self._file(self._take(self._baseline), ())

    def day(self, number: int) -> bytes:
        revised = self._random.sample(sorted(self._present), self._daily.revised)
        changed = [self._revise(pmid, number) for pmid in revised]
        deleted = self._random.sample(
            sorted(self._present.keys() - set(revised)), self._daily.deleted
        )
        for pmid in deleted:
            del self._present[pmid]
        return self._file([*self._take(self._daily.new), *changed], deleted)

    def _take(self, count: int) -> list[bytes]:
        added = [self._records.pop() for _ in range(min(count, len(self._records)))]
        self._present |= dict(added)
        return [record for _, record in added]

    def _revise(self, pmid: str, number: int) -> bytes:
        record = etree.fromstring(self._present[pmid])
        revised = record.find(".//DateRevised")
        if revised is not None:
            date = {"Year": 2026, "Month": 1 + number // 31 % 12, "Day": 1 + number % 28}
            for child in revised:
                child.text = str(date[str(child.tag)])
        for text in record.findall(".//Abstract/AbstractText")[-1:]:
            text.text = f"{text.text or ''} This was corrected on day {number}."
        content: bytes = etree.tostring(record)
        self._present[pmid] = content
        return content

    @staticmethod
    def _file(records: Sequence[bytes], deleted: Sequence[str]) -> bytes:
        deletions = "".join(f'<PMID Version="1">{pmid}</PMID>' for pmid in deleted)
        ending = f"<DeleteCitation>{deletions}</DeleteCitation>" if deletions else ""
        body = b"<PubmedArticleSet>" + b"\n".join(records) + ending.encode()
        return gzip.compress(body + b"</PubmedArticleSet>", mtime=0)


def _records(source: Path) -> list[tuple[str, bytes]]:
    """(PMID, XML) of the records of an NLM file, last first."""
    records: list[tuple[str, bytes]] = []
    with gzip.open(source) as stream:
        for _, element in etree.iterparse(stream, tag="PubmedArticle"):
            pmid = element.findtext("./MedlineCitation/PMID") or ""
            records.append((pmid, etree.tostring(element, with_tail=False)))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return records[::-1]


def simulate(
    source: Path,
    encoder: Encoder,
    days: int = 365,
    baseline: int = 1_000,
    daily: Daily | None = None,
) -> dict[str, Any]:
    """Apply a number of days, build at once from the same files, and compare.

    Args:
        source: an NLM file with more records than needed.
        baseline: number of records before the first day.
    """
    year = _Year(source, baseline, daily or Daily())
    encoder = _OneByOne(encoder)
    with TemporaryDirectory() as name:
        root = Path(name)
        served = root / "served" / UPDATES.path
        served.mkdir(parents=True)
        first = root / "pubmed26n0001.xml.gz"
        first.write_bytes(year.baseline())
        home = Home(root / "updated")
        _import(home, [first])
        build_index(home, encoder, Silent())
        totals = dict.fromkeys(("added", "replaced", "deleted", "unread", "encoded"), 0)
        seconds: list[float] = []
        with _serving(root / "served") as url:
            for number in range(1, days + 1):
                _publish(served / f"pubmed26n{1000 + number}.xml.gz", year.day(number))
                started = time.perf_counter()
                report = update(home, SilentFetch(), Silent(), encoder=encoder, mirror=url)
                seconds.append(time.perf_counter() - started)
                for key in totals:
                    totals[key] += report.to_dict()[key]
            again = update(home, SilentFetch(), Silent(), encoder=encoder, mirror=url)
        fresh = Home(root / "fresh")
        _import(fresh, [first, *sorted(served.glob("*.gz"))])
        build_index(fresh, encoder, Silent())
        return {
            "days": days,
            "baseline": baseline,
            **totals,
            "articles": again.build.manifest.articles,
            "second_run_unchanged": again.build.unchanged and again.fetched == 0,
            "versions_kept": len(Versions(home.indexes).all()),
            "seconds_a_day": round(sum(seconds) / max(days, 1), 2),
            **_compared(home, fresh, encoder),
        }


def _import(home: Home, files: Sequence[Path]) -> None:
    home.create()
    with ArticleStore(home.corpus) as store:
        import_files(store, files)


def _publish(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    path.with_name(f"{path.name}.md5").write_text(f"MD5({path.name})= {digest}\n")


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _compared(home: Home, fresh: Home, encoder: Encoder) -> dict[str, bool]:
    """Whether the two are equal: files by checksum, searches by their results."""
    incremental, rebuilt = (read_manifest(Versions(h.indexes).current()) for h in (home, fresh))
    with open_corpus(home.corpus) as one, open_corpus(fresh.corpus) as other:
        articles = dict(one.articles()) == dict(other.articles())
        titles = [article.title for _, article in one.articles()][:: max(1, len(one) // _QUERIES)]
    lexical = {name for name in {*incremental.files, *rebuilt.files} if name.startswith("lexical")}
    flat = [{n: e for n, e in m.files.items() if n not in lexical} for m in (incremental, rebuilt)]
    searchers = [Searcher(place, encoder) for place in (home, fresh)]
    queries = [SearchQuery(title) for title in titles]
    ranked = [
        [[(e.article.pmid, e.passage.id, round(e.score, 6)) for e in r] for r in results]
        for results in (searcher.search(queries, _DEPTH) for searcher in searchers)
    ]
    boolean = [
        [sorted(s.version.lexical.boolean(parse(q)).ids.tolist()) for q in _BOOLEAN]
        for s in searchers
    ]
    for searcher in searchers:
        searcher.close()
    return {
        "same_snapshot": incremental.snapshot == rebuilt.snapshot,
        "same_articles": articles,
        "same_passages_vectors_abbreviations": flat[0] == flat[1],
        "same_rankings": ranked[0] == ranked[1],
        "same_boolean": boolean[0] == boolean[1],
    }
