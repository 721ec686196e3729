"""Import files into the store and report what was read, changed and left unread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Protocol

from corpora.article import Article, BadRecord, Record, Remark
from corpora.atomic_files import sha256_of
from corpora.dates import now
from corpora.errors import BadInput, MedciteError, UnreadableFile
from corpora.readers.registry import open_literature
from corpora.store import ArticleStore, release_of
from corpora.store.journal import FetchEntry, ImportCounts

Selection = Callable[[Article], bool]


class ImportProgress(Protocol):
    """Receives the progress of an import. Counts are records read so far in the current file."""

    def file(self, path: Path, number: int, total: int) -> None: ...

    def records(self, count: int) -> None: ...


class SilentImport:
    """An ImportProgress that shows nothing."""

    def file(self, path: Path, number: int, total: int) -> None:
        pass

    def records(self, count: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome of one file. `skipped`: the same bytes were imported before."""

    path: Path
    counts: ImportCounts = field(default_factory=ImportCounts)
    skipped: bool = False
    unread: tuple[BadRecord, ...] = ()
    remarks: tuple[Remark, ...] = ()
    error: MedciteError | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of all files of one import."""

    files: tuple[FileReport, ...]

    @property
    def counts(self) -> ImportCounts:
        total = ImportCounts()
        for report in self.files:
            total += report.counts
        return total

    @property
    def failed(self) -> tuple[FileReport, ...]:
        return tuple(report for report in self.files if report.error)


def find_files(names: Iterable[str | Path]) -> list[Path]:
    """Files given by path, folder (searched recursively) or glob pattern, without duplicates.

    NLM's numbered files come last, in the order in which they must be applied.

    Raises:
        BadInput: a name matches nothing.
    """
    files: dict[Path, None] = {}
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            matches = [p for p in path.rglob("*") if p.is_file() and not _hidden(p, path)]
        elif path.exists():
            matches = [path]
        else:
            matches = [Path(match) for match in glob(str(path), recursive=True)]  # noqa: PTH207
            matches = [match for match in matches if match.is_file()]
        if not matches:
            raise BadInput(f"{name} matches no file.", "Check the path; quote a glob pattern.")
        files.update(dict.fromkeys(sorted(matches)))
    return sorted(files, key=lambda p: (release_of(p.name), str(p)))


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def import_files(
    store: ArticleStore,
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    select: Selection | None = None,
    selection_name: str = "",
    progress: ImportProgress | None = None,
) -> ImportReport:
    """Import files one after another; a failed file is reported and the others are still imported.

    Args:
        dry_run: report what an import would do without changing the store.
        select: keeps only articles for which it is true; `selection_name` records in the journal
            which part of a file was selected.

    Raises:
        StorageError: the store cannot be written (a full disk ends the import; files already
            imported stay).
    """
    if dry_run:
        with store.preview():
            return import_files(
                store, paths, select=select, selection_name=selection_name, progress=progress
            )
    shown = progress or SilentImport()
    reports = []
    for number, path in enumerate(paths, start=1):
        shown.file(path, number, len(paths))
        reports.append(_import_file(store, path, select, selection_name, shown))
    return ImportReport(tuple(reports))


@contextmanager
def journalled(path: Path, source: str, query: str) -> Iterator[list[Path]]:
    """Record a fetch in a store's journal, even if it fails, with the files added to the list.

    Args:
        path: path of the store.
    """
    files: list[Path] = []
    started, error = now(), ""
    try:
        yield files
    except BaseException as failure:
        error = str(failure) or type(failure).__name__
        raise
    finally:
        with ArticleStore(path) as store:
            store.record_fetch(FetchEntry(source, query, started, now(), len(files), error))


def _import_file(
    store: ArticleStore,
    path: Path,
    select: Selection | None,
    selection_name: str,
    progress: ImportProgress,
) -> FileReport:
    digest, reader = "", ""
    try:
        digest = sha256_of(path)
        with open_literature(path) as (kind, stream):
            reader = f"{kind.name} {kind.version} {selection_name}".strip()
            if store.imported(digest, reader):
                return FileReport(path, skipped=True)
            records = _counted(kind.read(stream, path.name), select, progress)
            result = store.import_records(
                records, name=path.name, path=str(path), sha256=digest, reader=reader
            )
        return FileReport(path, result.counts, unread=result.unread, remarks=result.remarks)
    except UnreadableFile as error:
        failure: MedciteError = error
    except OSError as error:
        failure = UnreadableFile(
            f"{path} cannot be read ({error.strerror or error}).",
            "Check the file and its permissions.",
        )
    store.record_failure(
        name=path.name, path=str(path), sha256=digest, reader=reader, error=failure.message
    )
    return FileReport(path, error=failure)


def _counted(
    records: Iterator[Record], select: Selection | None, progress: ImportProgress
) -> Iterator[Record]:
    count = 0
    for count, record in enumerate(records, start=1):
        if count % 500 == 0:
            progress.records(count)
        if select is None or not isinstance(record, Article) or select(record):
            yield record
    progress.records(count)
    if count == 0:
        raise UnreadableFile("The file contains no records.", "Check where it came from.")
