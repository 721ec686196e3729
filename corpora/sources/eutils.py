"""Fetch the results of a PubMed or PMC query with NCBI's E-utilities.

Described at https://www.ncbi.nlm.nih.gov/books/NBK25497/. A search is stored on NCBI's history
server and its records are fetched page by page. NCBI returns at most 9,999 records of one PubMed
search, so a larger one is split into ranges of entry dates, as EDirect does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from corpora.atomic_files import atomic_write
from corpora.errors import BadInput, FetchError, MedciteError, storage_errors
from corpora.sources.progress import FetchProgress, SilentFetch
from corpora.sources.transfer import Transfer

BASE_URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
PUBMED, PMC = "pubmed", "pmc"
_OPEN_ACCESS = ' AND "open access"[filter]'
_SEARCH_LIMIT = 9_999
_DOIS_AT_ONCE = 40
_PAGE = {PUBMED: 500, PMC: 20}
_CLOSING = {PUBMED: b"</PubmedArticleSet>", PMC: b"</pmc-articleset>"}
# NCBI allows three requests per second, ten with a key.
_INTERVAL, _INTERVAL_WITH_KEY = 0.34, 0.101
_FIRST_DAY = date(1900, 1, 1)
# NCBI deletes a history after about eight hours without use.
_HISTORY_LIVES = timedelta(hours=6)


def eutils_transfer(api_key: str = "") -> Transfer:
    """A Transfer that respects NCBI's rate limit."""
    return Transfer(interval=_INTERVAL_WITH_KEY if api_key else _INTERVAL)


@dataclass(frozen=True, slots=True)
class HistorySearch:
    """A search stored on the history server."""

    count: int
    web_env: str
    query_key: str
    days: tuple[str, ...] = ()


class Eutils:
    """NCBI's E-utilities.

    Args:
        email: contact address for NCBI in case of problems, which they ask for.
        api_key: key of an NCBI account.
    """

    def __init__(
        self, transfer: Transfer, *, email: str = "", api_key: str = "", base_url: str = BASE_URL
    ) -> None:
        self._transfer = transfer
        self._base = base_url.rstrip("/")
        self._common = {"tool": "medcite", "email": email, "api_key": api_key}
        self._common = {name: value for name, value in self._common.items() if value}
        # Sentences about the parts of the last query that NCBI ignored.
        self.ignored: list[str] = []

    def fetch(
        self,
        database: str,
        query: str,
        folder: Path,
        *,
        most: int | None = None,
        progress: FetchProgress | None = None,
    ) -> Iterator[Path]:
        """Yield XML files with the results of a query, best matches first, as they arrive.

        A fetch of the same query that was interrupted in the last hours is resumed.

        Args:
            folder: parent of one folder per query.
            most: largest number of records to fetch.

        Raises:
            BadInput: NCBI cannot parse the query, or it has no results.
            FetchError: a page cannot be fetched.
        """
        shown = progress or SilentFetch()
        term = query + _OPEN_ACCESS if database == PMC else query
        name = hashlib.blake2b(f"{database}|{term}|{most}".encode(), digest_size=6).hexdigest()
        place = folder / f"{database}-{name}"
        parts = self._resumable(place) or self._begin(database, term, most, place)
        for ignored in self.ignored:
            shown.said(ignored)
        if len(parts) > 1:
            shown.said(
                f"More than {_SEARCH_LIMIT:,} records: fetched in {len(parts)} parts by date."
            )
        total = min(sum(part.count for part in parts), most or sum(part.count for part in parts))
        shown.begin(total, "records")
        size, remaining = _PAGE[database], total
        for number, part in enumerate(parts, start=1):
            for start in range(0, min(part.count, remaining), size):
                count = min(size, part.count - start, remaining - start)
                path = place / f"{number:04d}-{start // size:06d}.xml"
                if not path.exists():
                    self._page_or_again(
                        database, term, place, parts, number - 1, start, count, path
                    )
                shown.done(path.name, count)
                yield path
            remaining -= min(part.count, remaining)
        (place / "search.json").unlink(missing_ok=True)

    def fetch_identifiers(
        self, identifiers: Sequence[str], folder: Path, *, progress: FetchProgress | None = None
    ) -> Iterator[Path]:
        """Yield XML files with the records of PMIDs and DOIs, in batches, as they arrive.

        DOIs without a PubMed record are missing from the files.

        Raises:
            FetchError: a batch cannot be fetched.
        """
        shown = progress or SilentFetch()
        pmids = [identifier for identifier in identifiers if identifier.isdigit()]
        dois = [identifier for identifier in identifiers if not identifier.isdigit()]
        shown.begin(len(identifiers), "records")
        name = hashlib.blake2b("|".join(identifiers).encode(), digest_size=6).hexdigest()
        place = folder / f"{PUBMED}-ids-{name}"
        with storage_errors(place):
            place.mkdir(parents=True, exist_ok=True)
        for start in range(0, len(dois), _DOIS_AT_ONCE):
            part = dois[start : start + _DOIS_AT_ONCE]
            term = " OR ".join(f'"{doi}"[AID]' for doi in part)
            search = self.search(PUBMED, term)
            path = place / f"doi-{start:06d}.xml"
            if search.count and not path.exists():
                self._page(PUBMED, search, 0, min(search.count, _PAGE[PUBMED]), path)
            shown.done(path.name, len(part))
            if search.count:
                yield path
        for start in range(0, len(pmids), _PAGE[PUBMED]):
            part = pmids[start : start + _PAGE[PUBMED]]
            path = place / f"pmid-{start:06d}.xml"
            if not path.exists():
                form = {"db": PUBMED, "id": ",".join(part), "retmode": "xml"}
                self._write(PUBMED, form, path)
            shown.done(path.name, len(part))
            yield path

    def search(
        self, database: str, term: str, days: tuple[date, date] | None = None
    ) -> HistorySearch:
        """Search and store the result on the history server.

        Args:
            days: only records entered between these days, inclusive.

        Raises:
            BadInput: NCBI cannot parse the query.
        """
        form = {"db": database, "term": term, "usehistory": "y", "retmax": "0", "retmode": "json",
                "sort": "relevance"} | self._common  # fmt: skip
        if days:
            form |= {"datetype": "edat", "mindate": f"{days[0]:%Y/%m/%d}",
                     "maxdate": f"{days[1]:%Y/%m/%d}"}  # fmt: skip
        body = self._transfer.text(f"{self._base}/esearch.fcgi", form, _is_search, refused=_refusal)
        answer = _json(body)
        result = answer.get("esearchresult", {})
        reason = answer.get("error") or result.get("ERROR")
        if reason or "count" not in result:
            raise BadInput(
                f"NCBI does not understand the query “{term}” ({reason or 'no result'}).",
                "Try it at pubmed.ncbi.nlm.nih.gov, and quote it in the shell.",
            )
        self.ignored = _ignored(result) if days is None else self.ignored
        return HistorySearch(
            int(result["count"]),
            result.get("webenv", ""),
            result.get("querykey", ""),
            tuple(f"{day:%Y/%m/%d}" for day in days or ()),
        )

    def _begin(
        self, database: str, term: str, most: int | None, place: Path
    ) -> list[HistorySearch]:
        search = self.search(database, term)
        if not search.count:
            raise BadInput(f"“{term}” finds nothing.", "Try fewer or other words.")
        parts = [search]
        if database == PUBMED and min(search.count, most or search.count) > _SEARCH_LIMIT:
            last = datetime.now(UTC).date() + timedelta(days=1)
            parts = list(self._divided(term, (_FIRST_DAY, last), search.count))
        with storage_errors(place):
            place.mkdir(parents=True, exist_ok=True)
            for old in place.glob("*.xml"):
                old.unlink()
        self._note(place, term, parts)
        return parts

    def _note(self, place: Path, term: str, parts: list[HistorySearch]) -> None:
        state = {"query": term, "started": datetime.now(UTC).isoformat(), "parts": parts}
        atomic_write(place / "search.json", orjson.dumps(state))

    def _resumable(self, place: Path) -> list[HistorySearch]:
        """The searches of an interrupted fetch, while NCBI still stores them."""
        try:
            state = orjson.loads((place / "search.json").read_bytes())
            started = datetime.fromisoformat(state["started"])
            parts = [
                HistorySearch(**part | {"days": tuple(part.get("days", ()))})
                for part in state["parts"]
            ]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return parts if datetime.now(UTC) - started < _HISTORY_LIVES else []

    def _divided(self, term: str, days: tuple[date, date], count: int) -> Iterator[HistorySearch]:
        """Halve a span of days, newer half first, until each search is small enough."""
        first, last = days
        middle = first + (last - first) // 2
        halves = [(middle + timedelta(days=1), last), (first, middle)] if first < last else []
        for half in halves:
            search = self.search(PUBMED, term, half)
            if search.count > _SEARCH_LIMIT:
                yield from self._divided(term, half, search.count)
            elif search.count:
                yield search
        if not halves:
            raise FetchError(
                f"{count:,} records were entered on {first}; NCBI gives at most {_SEARCH_LIMIT:,}.",
                "Narrow the query, or mirror PubMed: medcite corpus fetch baseline.",
            )

    def _page_or_again(
        self,
        database: str,
        term: str,
        place: Path,
        parts: list[HistorySearch],
        number: int,
        start: int,
        count: int,
        path: Path,
    ) -> None:
        """Fetch a page; if NCBI has deleted the search, repeat the search and then fetch it."""
        try:
            self._page(database, parts[number], start, count, path)
        except Forgotten:
            days = tuple(datetime.strptime(d, "%Y/%m/%d").date() for d in parts[number].days)  # noqa: DTZ007
            span = (days[0], days[1]) if days else None
            again = self.search(database, term, span)
            # Keep the old count, so that records entered meanwhile do not shift later pages.
            parts[number] = replace(again, count=parts[number].count)
            self._note(place, term, parts)
            try:
                self._page(database, parts[number], start, count, path)
            except Forgotten as error:
                (place / "search.json").unlink(missing_ok=True)
                raise FetchError(
                    f"NCBI does not keep the search for “{term}” ({error}).",
                    "Run the same command later; it repeats the search.",
                ) from error

    def _page(
        self, database: str, search: HistorySearch, start: int, count: int, path: Path
    ) -> None:
        form = {"db": database, "WebEnv": search.web_env, "query_key": search.query_key,
                "retstart": str(start), "retmax": str(count), "retmode": "xml"}  # fmt: skip
        self._write(database, form, path)

    def _write(self, database: str, form: dict[str, str], path: Path) -> None:
        closing = _CLOSING[database]
        body = self._transfer.text(
            f"{self._base}/efetch.fcgi",
            form | self._common,
            lambda answer: answer.rstrip().endswith((closing, _EMPTY_SET)),
            refused=_refusal,
        )
        atomic_write(path, body)


class Forgotten(MedciteError):
    """NCBI has deleted a search from its history server."""


_EMPTY_SET = b"<PubmedArticleSet/>"
# NCBI's messages for transient failures: the same request may succeed a moment later.
_PASSING = re.compile(
    rb"backend failed|rate limit exceeded|error forwarding request|temporarily|try again", re.I
)
_UNKNOWN_HISTORY = re.compile(rb"Unable to obtain query|WebEnv|query_key", re.I)
_ERROR = re.compile(rb"<ERROR>(.*?)</ERROR>", re.S)


def _refusal(body: bytes) -> MedciteError | None:
    """The error for a request that NCBI refuses and that repeating would not help."""
    head = body[:2000]
    if b"API key invalid" in head or b"API key not wellformed" in head:
        return BadInput(
            "NCBI says that the API key is invalid.",
            "Check --api-key or NCBI_API_KEY, or omit it: three requests per second need no key.",
        )
    error = _ERROR.search(head)
    if error and _UNKNOWN_HISTORY.search(error[1]):
        return Forgotten(error[1].decode("utf-8", "replace").strip(), "Search again.")
    return None


def _json(body: bytes) -> dict[str, Any]:
    """NCBI's JSON, which may contain raw control characters; empty if invalid."""
    try:
        answer = json.loads(body.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _is_search(body: bytes) -> bool:
    """Whether a body is the reply to a search, even one that reports an error."""
    return bool(_json(body)) and not _PASSING.search(body[:2000])


def _ignored(result: dict[str, Any]) -> list[str]:
    """Sentences about the parts of a query that PubMed ignored."""
    sentences = []
    for name, what in (
        ("phrasesnotfound", "PubMed does not know"),
        ("fieldsnotfound", "PubMed has no field"),
        ("phrasesignored", "PubMed ignored"),
        ("quotedphrasesnotfound", "PubMed does not know the phrase"),
    ):
        for listed in ("errorlist", "warninglist"):
            words = (result.get(listed) or {}).get(name) or []
            sentences += [f"{what} “{str(word).strip(chr(34))}”." for word in words]
    return list(dict.fromkeys(sentences))
