"""Reading and importing PubMed files relative to a bare lxml iterparse over the same file.

Every measurement runs in its own process, so that peak memory is separate.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lxml import etree

from corpora.importer import import_files
from corpora.readers.registry import open_literature
from corpora.store import ArticleStore


def compare(paths: Sequence[Path], rounds: int = 3) -> dict[str, object]:
    """Seconds of each step, best of some rounds, and their ratio to the bare parse."""
    bare = [_best("bare", [path], rounds) for path in paths]
    read = [_best("read", [path], rounds) for path in paths]
    imported = [_best("import", paths, rounds)]
    longer = _fourfold(paths[0])
    single = _best("import", paths[:1], 1)
    fourfold = _best("import", [longer], 1)
    longer.unlink()
    return {
        "files": [path.name for path in paths],
        "bare_seconds": round(_sum(bare, "seconds"), 2),
        "read_ratio": _ratio(read, bare, "seconds"),
        "read_cpu_ratio": _ratio(read, bare, "cpu_seconds"),
        "import_ratio": _ratio(imported, bare, "seconds"),
        "import_cpu_ratio": _ratio(imported, bare, "cpu_seconds"),
        "import_peak_mb": round(imported[0]["peak_mb"]),
        "single_file_peak_mb": round(single["peak_mb"]),
        "fourfold_file_peak_mb": round(fourfold["peak_mb"]),
    }


def _sum(runs: Sequence[dict[str, float]], what: str) -> float:
    return sum(run[what] for run in runs)


def _ratio(runs: Sequence[dict[str, float]], bare: Sequence[dict[str, float]], what: str) -> float:
    """The ratio of total times; processor seconds are comparable on a shared machine too."""
    return round(_sum(runs, what) / _sum(bare, what), 2)


def _best(what: str, paths: Sequence[Path], rounds: int) -> dict[str, float]:
    command = [sys.executable, "-m", "evaluation.performance.reading", what, *map(str, paths)]
    runs: list[dict[str, float]] = []
    for _ in range(rounds):
        process = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(process.stdout))
    return min(runs, key=lambda run: run["cpu_seconds"])


def _fourfold(path: Path) -> Path:
    """A file with four times the records: the same ones under different PMIDs."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    start = content.index(b"<PubmedArticle>")
    end = content.rindex(b"</PubmedArticleSet>")
    with tempfile.NamedTemporaryFile(suffix=".xml.gz", delete=False) as target:
        with gzip.open(target, "wb", compresslevel=1) as packed:
            packed.write(content[:start])
            for copy in range(4):
                marked = b">%d" % (copy + 1)
                body = content[start:end].replace(
                    b'<PMID Version="1">', b'<PMID Version="1"' + marked
                )
                packed.write(body)
            packed.write(content[end:])
        return Path(target.name)


def _bare(path: Path) -> None:
    with gzip.open(path, "rb") as stream:
        for _, element in etree.iterparse(stream, events=("end",), tag="PubmedArticle"):
            element.clear()
            while element.getprevious() is not None:
                parent = element.getparent()
                if parent is None:
                    break
                del parent[0]


def _measure(what: str, paths: Sequence[Path]) -> dict[str, float]:
    started = time.perf_counter()
    if what == "bare":
        for path in paths:
            _bare(path)
    elif what == "read":
        for path in paths:
            with open_literature(path) as (kind, stream):
                for _ in kind.read(stream):
                    pass
    else:
        with tempfile.TemporaryDirectory() as folder:
            with ArticleStore(Path(folder) / "corpus.sqlite") as store:
                report = import_files(store, paths)
            if report.failed:
                raise SystemExit(str(report.failed[0].error))
    return {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time(),
        "peak_mb": _peak_bytes() / 1e6,
    }


def _peak_bytes() -> int:
    """Peak resident memory of this process; getrusage would include the parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    figures = _measure(sys.argv[1], [Path(name) for name in sys.argv[2:]])
    sys.stdout.write(json.dumps(figures))
