"""What the application can have done to corpus and index: titles and the commands behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpora.errors import BadInput, MedciteError
from corpora.home import Home
from corpora.importer import find_files
from retrieval.version import Versions, read_manifest
from ui.render.units import counted, size
from ui.services.jobs import FILES, JobStep

# Of one upload; Streamlit bounds each file (server.maxUploadSize).
MOST_FILES = 50
MOST_BYTES = 500_000_000
_LONGEST_QUERY = 2_000


@dataclass(frozen=True, slots=True)
class Operation:
    """A job to be: its title and its steps."""

    title: str
    steps: tuple[JobStep, ...]

    def and_index(self, home: Home) -> Operation:
        """The same, and the index updated afterwards."""
        return replace(self, steps=(*self.steps, build(home).steps[0]))


def import_upload(names: Sequence[str], total: int, *, preview: bool = False) -> Operation:
    """Import files that were uploaded, or say what that would bring.

    Raises:
        BadInput: there is none, or too much.
    """
    if not names:
        raise BadInput("No file was chosen.", "Choose one or more files first.")
    if len(names) > MOST_FILES or total > MOST_BYTES:
        raise BadInput(
            f"{counted(len(names), 'file')} of {size(total)} are too much for one upload.",
            f"Upload at most {MOST_FILES} files of {size(MOST_BYTES)} at a time; larger ones can be"
            " imported from this machine's disk.",
        )
    return _import(names, (FILES,), preview=preview)


def _import(names: Sequence[str], given: Sequence[str], *, preview: bool) -> Operation:
    arguments = (*(["--dry-run"] if preview else []), "--", *given)
    title = f"{'Preview' if preview else 'Import'} {_named(names)}"
    return Operation(title, (JobStep(("corpus", "add"), arguments),))


def undo_import(number: int, name: str) -> Operation:
    """Take away what an import brought."""
    step = JobStep(("corpus", "remove"), (f"--import={number}",))
    return Operation(f"Undo the import of {name}", (step,))


def remove_articles(identifiers: str) -> Operation:
    """Remove articles by PMID, DOI or PMCID, parted by white space or commas.

    Raises:
        BadInput: none is named.
    """
    named = identifiers.replace(",", " ").split()
    if not named:
        raise BadInput("No article was named.", "Give PMIDs, DOIs (doi:…) or PMCIDs.")
    step = JobStep(("corpus", "remove"), ("--", *named))
    return Operation(f"Remove {counted(len(named), 'article')}", (step,))


def import_paths(text: str, *, preview: bool = False) -> Operation:
    """Import files, folders and glob patterns, one a line, or say what that would bring.

    Raises:
        BadInput: there is none, or one matches nothing.
    """
    names = [line.strip() for line in text.splitlines() if line.strip()]
    if not names:
        raise BadInput("No path was given.", "Name a file, a folder or a pattern, one a line.")
    find_files(names)
    return _import(names, names, preview=preview)


def fetch_query(query: str, most: int, email: str) -> Operation:
    """Fetch what a query finds in PubMed.

    Raises:
        BadInput: it is none.
    """
    asked = " ".join(query.split())
    if not asked or len(asked) > _LONGEST_QUERY:
        raise BadInput("That is no query.", "Write one as for PubMed, such as: sepsis AND steroids")
    arguments = (f"--query={asked}", f"--max={most}", *([f"--email={email}"] if email else []))
    return Operation(
        f"Fetch “{asked}” from PubMed", (JobStep(("corpus", "fetch", "pubmed"), arguments),)
    )


def fetch_demo() -> Operation:
    """Fetch the demo literature."""
    return Operation("Fetch the demo literature", (JobStep(("corpus", "fetch", "demo")),))


def build(
    home: Home, encoder: str = "", dense: str = "auto", *, whole: bool = False, title: str = ""
) -> Operation:
    """Build the index: by the encoder of the index in use unless another is named.

    Args:
        whole: also where nothing has changed.
    """
    arguments = [f"--dense-type={dense}"] if dense != "auto" else []
    if named := encoder.strip() or encoder_in_use(home):
        arguments.append(f"--encoder={named}")
    if whole:
        arguments.append("--force")
    return Operation(title or "Update the index", (JobStep(("index", "build"), tuple(arguments)),))


def encoder_in_use(home: Home) -> str:
    """The encoder of the index in use; "" where there is none."""
    try:
        return read_manifest(Versions(home.indexes).current()).encoder.name
    except MedciteError:
        return ""


def verify() -> Operation:
    """Check the index in use."""
    return Operation("Verify the index", (JobStep(("index", "verify")),))


def pull_model(quant: str) -> Operation:
    """Download a language model's file."""
    return Operation(f"Download {quant}", (JobStep(("models", "pull"), (quant,)),))


def measure_speed() -> Operation:
    """Measure how fast a language model runs here."""
    return Operation("Measure this computer", (JobStep(("models", "speed")),))


def judge_model(named: str) -> Operation:
    """Test how well a language model judges claims."""
    return Operation(f"Test how {named} judges", (JobStep(("models", "judge"), ("--", named)),))


def roll_back(version: str) -> Operation:
    """Put another version into use."""
    return Operation(
        f"Go back to {version}", (JobStep(("index", "rollback"), (f"--to={version}",)),)
    )


def prune(keep: int) -> Operation:
    """Remove old versions."""
    return Operation(
        f"Remove all but {counted(keep, 'version')}",
        (JobStep(("index", "prune"), (f"--keep={keep}",)),),
    )


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
