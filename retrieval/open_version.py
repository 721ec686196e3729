"""An index version, open for reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from retrieval.abbreviations import ABBREVIATIONS, Abbreviations
from retrieval.engines.dense import DenseIndex
from retrieval.engines.lexical import LexicalIndex
from retrieval.engines.local import LocalEngine
from retrieval.filter_table import FILTERS, FilterTable
from retrieval.passage_table import PassageTable
from retrieval.version import DENSE, LEXICAL, Manifest, read_manifest


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """An open index version. It stays readable when another version is put in use.

    `filters` is None in a version that was built before there were filter tables.
    """

    folder: Path
    manifest: Manifest
    table: PassageTable
    dense: DenseIndex
    lexical: LexicalIndex
    filters: FilterTable | None
    abbreviations: Abbreviations

    @property
    def engine(self) -> LocalEngine:
        """The local engine over its files."""
        return LocalEngine(self.dense, self.lexical, self.table)

    @classmethod
    def open(cls, folder: Path) -> IndexVersion:
        """Open a version.

        Raises:
            Damaged: one of its files does not match the manifest.
        """
        manifest = read_manifest(folder)
        lexical = LexicalIndex(folder / LEXICAL)
        return cls(
            folder,
            manifest,
            PassageTable(folder, manifest.passages),
            DenseIndex(folder / DENSE, manifest.dense_type, manifest.passages),
            lexical,
            FilterTable(folder / FILTERS, manifest.passages) if FILTERS in manifest.files else None,
            Abbreviations(folder / ABBREVIATIONS, lexical.terms),
        )
