"""Whether an index version is what was built, and still says what the encoder says.

Files are compared with their checksums, the parts with each other, and a sample of passages is
encoded again and compared with the vectors that the index holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpora.errors import Damaged, IndexMismatch
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.encoder import Encoder
from retrieval.open_version import IndexVersion
from retrieval.passage_stage import passage_texts
from retrieval.vectors import VectorCache, key_of
from retrieval.version import Versions, read_manifest, verify_files

# What 8-bit and 16-bit storage and another number type of the encoder may move a vector by.
_LEAST_COSINE = 0.99


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` is None where it could not be."""

    name: str
    ok: bool | None
    said: str


def verify_index(home: Home, encoder: Encoder | None, sample: int = 200) -> list[Check]:
    """Look at the version in use.

    Args:
        encoder: encodes the sample again; None leaves that out.
        sample: how many passages that is.

    Raises:
        NoIndex, NoCorpus: there is nothing to look at.
    """
    folder = Versions(home.indexes).current()
    try:
        manifest = read_manifest(folder)
        verify_files(folder, manifest)
        version = IndexVersion.open(folder)
    except Damaged as error:
        return [Check("files", False, error.message)]
    checks = [Check("files", True, f"{len(manifest.files)} files are what was written")]
    checks.append(_counts(version))
    with open_corpus(home.corpus) as store:
        checks.append(_store(version, store))
        with VectorCache(home.vectors, manifest.encoder) as cache:
            checks.append(_cache(cache))
        if checks[-2].ok:
            checks.append(_sample(version, store, encoder, sample))
    return checks


def _counts(version: IndexVersion) -> Check:
    manifest = version.manifest
    found = (len(version.table), len(version.dense), len(version.lexical))
    wanted = (manifest.passages, manifest.passages, manifest.articles)
    if found != wanted:
        return Check("counts", False, f"table, dense and lexical hold {found}, not {wanted}")
    return Check("counts", True, f"{manifest.articles:,} articles, {manifest.passages:,} passages")


def _store(version: IndexVersion, store: ArticleStore) -> Check:
    manifest = version.manifest
    if manifest.store != store.identity:
        return Check("corpus", False, "the index was built from another corpus")
    changes = store.changes(manifest.last_import, manifest.last_article, manifest.articles)
    if not changes.any and manifest.snapshot != store.snapshot:
        return Check("corpus", False, "the corpus differs from what was indexed")
    return Check(
        "corpus",
        True,
        f"since the build {changes.added:,} articles added, {changes.revised:,} revised,"
        f" {changes.deleted:,} deleted",
    )


def _cache(cache: VectorCache) -> Check:
    damaged = cache.damaged()
    if damaged:
        names = ", ".join(path.name for path in damaged)
        return Check(
            "vectors", False, f"damaged: {names}; the next build encodes their passages again"
        )
    return Check("vectors", True, f"{len(cache):,} are kept")


def _sample(
    version: IndexVersion, store: ArticleStore, encoder: Encoder | None, size: int
) -> Check:
    if encoder is None:
        return Check("sample", None, "not encoded again")
    if encoder.identity.fingerprint != version.manifest.encoder.fingerprint:
        raise IndexMismatch(
            f"The index was built with the encoder {version.manifest.encoder.name}.",
            "Verify it with that one: --encoder NAME.",
        )
    rng = np.random.default_rng()
    count = len(version.table)
    numbers = np.sort(rng.choice(count, min(size, count), replace=False))
    keys = version.table.keys(numbers)
    # Articles that were revised since the build have other texts now, and so other keys.
    cut = {int(number): key for number, key in zip(numbers, keys, strict=True)}
    texts = passage_texts(store, version.table, list(cut), version.manifest.unit)
    same = [(number, text) for number, _, text in texts if key_of(text) == cut[number]]
    if not same:
        return Check("sample", None, "every article of it was revised since the build")
    kept = version.dense.vectors(np.array([number for number, _ in same], dtype=np.int64))
    kept = kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-9)
    now = encoder.encode_documents([text for _, text in same])
    cosines = (kept * now).sum(axis=1)
    worst = float(cosines.min())
    said = f"{len(same)} passages encoded again; the furthest has cosine {worst:.4f}"
    return Check("sample", worst >= _LEAST_COSINE, said)
