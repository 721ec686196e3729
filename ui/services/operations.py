"""Operations on corpus and index that the application offers: their titles and commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpora.errors import BadInput, MedciteError
from corpora.home import Home
from corpora.importer import find_files
from retrieval.version import Manifest, Versions, read_manifest
from ui.render.units import counted, size
from ui.services.jobs import FILES, JobStep

# Limits of one upload; Streamlit limits each file (server.maxUploadSize).
MOST_FILES = 50
MOST_BYTES = 500_000_000
_LONGEST_QUERY = 2_000


@dataclass(frozen=True, slots=True)
class Operation:
    """A job to start: its title and steps."""

    title: str
    steps: tuple[JobStep, ...]

    def and_index(self, home: Home) -> Operation:
        """Return the operation followed by an update of the index."""
        return replace(self, steps=(*self.steps, build(home).steps[0]))


def import_upload(names: Sequence[str], total: int, *, preview: bool = False) -> Operation:
    """Import uploaded files, or preview the import.

    Raises:
        BadInput: there are no files, or too many or too large ones.
    """
    if not names:
        raise BadInput("No file was chosen.", "Choose one or more files first.")
    if len(names) > MOST_FILES or total > MOST_BYTES:
        raise BadInput(
            f"{counted(len(names), 'file')} of {size(total)} exceed the limit of one upload.",
            f"Upload at most {MOST_FILES} files of {size(MOST_BYTES)} in all at a time; import"
            " larger ones from this machine's disk.",
        )
    return _import(names, (FILES,), preview=preview)


def _import(names: Sequence[str], paths: Sequence[str], *, preview: bool) -> Operation:
    arguments = (*(["--dry-run"] if preview else []), "--", *paths)
    title = f"{'Preview' if preview else 'Import'} {_named(names)}"
    return Operation(title, (JobStep(("corpus", "add"), arguments),))


def undo_import(number: int, name: str) -> Operation:
    """Undo an import."""
    step = JobStep(("corpus", "remove"), (f"--import={number}",))
    return Operation(f"Undo the import of {name}", (step,))


def remove_articles(identifiers: str) -> Operation:
    """Remove articles by PMID, DOI or PMCID, separated by white space or commas.

    Raises:
        BadInput: there is no identifier.
    """
    keys = identifiers.replace(",", " ").split()
    if not keys:
        raise BadInput("No identifier was given.", "Give PMIDs, DOIs (doi:…) or PMCIDs.")
    step = JobStep(("corpus", "remove"), ("--", *keys))
    return Operation(f"Remove {counted(len(keys), 'article')}", (step,))


def import_paths(text: str, *, preview: bool = False) -> Operation:
    """Import files, folders and glob patterns, one per line, or preview the import.

    Raises:
        BadInput: there is no path, or one matches nothing.
    """
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise BadInput("No path was given.", "Enter files, folders or patterns, one per line.")
    find_files(names)
    return _import(names, names, preview=preview)


def fetch_query(query: str, most: int, email: str) -> Operation:
    """Fetch the PubMed records that match a query.

    Raises:
        BadInput: the query is empty or too long.
    """
    text = " ".join(query.split())
    if not text or len(text) > _LONGEST_QUERY:
        raise BadInput(
            "The query is empty or too long.",
            "Write one as for PubMed, such as: sepsis AND steroids",
        )
    arguments = (f"--query={text}", f"--max={most}", *([f"--email={email}"] if email else []))
    return Operation(
        f"Fetch “{text}” from PubMed", (JobStep(("corpus", "fetch", "pubmed"), arguments),)
    )


def fetch_demo() -> Operation:
    """Fetch the demo literature."""
    return Operation("Fetch the demo literature", (JobStep(("corpus", "fetch", "demo")),))


def build(
    home: Home, encoder: str = "", dense: str = "", *, whole: bool = False, title: str = ""
) -> Operation:
    """Build the index, by default with the encoder and the dense type of the index in use.

    Args:
        whole: build even if nothing has changed.
    """
    arguments = [f"--dense-type={dense}"] if dense else []
    if name := encoder.strip() or encoder_in_use(home):
        arguments.append(f"--encoder={name}")
    if whole:
        arguments.append("--force")
    return Operation(title or "Update the index", (JobStep(("index", "build"), tuple(arguments)),))


def encoder_in_use(home: Home) -> str:
    """Return the encoder of the index in use; "" if there is no index."""
    manifest = _in_use(home)
    return manifest.encoder.name if manifest else ""


def dense_in_use(home: Home) -> str:
    """Return the dense type that the index in use was built as; "auto" if there is no index."""
    manifest = _in_use(home)
    return manifest.dense if manifest else "auto"


def _in_use(home: Home) -> Manifest | None:
    try:
        return read_manifest(Versions(home.indexes).current())
    except MedciteError:
        return None


def verify() -> Operation:
    """Check the index in use."""
    return Operation("Verify the index", (JobStep(("index", "verify")),))


def pull_model(quant: str) -> Operation:
    """Download a language model's file."""
    return Operation(f"Download {quant}", (JobStep(("models", "pull"), (quant,)),))


def measure_speed() -> Operation:
    """Measure how fast a language model runs here."""
    return Operation("Measure this computer", (JobStep(("models", "speed")),))


def judge_model(model: str) -> Operation:
    """Test how well a language model judges claims."""
    return Operation(f"Test how {model} judges", (JobStep(("models", "judge"), ("--", model)),))


def roll_back(version: str) -> Operation:
    """Switch to another index version."""
    return Operation(
        f"Roll back to {version}", (JobStep(("index", "rollback"), (f"--to={version}",)),)
    )


def prune(keep: int) -> Operation:
    """Remove old index versions."""
    return Operation(
        f"Remove all but {counted(keep, 'version')}",
        (JobStep(("index", "prune"), (f"--keep={keep}",)),),
    )


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
