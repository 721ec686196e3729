"""Verify that an index version is intact and agrees with the encoder.

Files are compared with their checksums and the parts with each other; a sample of passages is
encoded again and compared with the vectors in the index.
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

# Tolerance for 8-bit and 16-bit storage and for another number type of the encoder.
_LEAST_COSINE = 0.99


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """The result of one check. `ok` is None if it could not be performed."""

    name: str
    ok: bool | None
    said: str


def verify_index(home: Home, encoder: Encoder | None, sample: int = 200) -> list[IntegrityCheck]:
    """Verify the version in use.

    Args:
        encoder: encodes the sample again; None skips that.
        sample: number of passages in the sample.

    Raises:
        NoIndex, NoCorpus: there is nothing to verify.
    """
    folder = Versions(home.indexes).current()
    try:
        manifest = read_manifest(folder)
        verify_files(folder, manifest)
        version = IndexVersion.open(folder)
    except Damaged as error:
        return [IntegrityCheck("files", False, error.message)]
    checks = [IntegrityCheck("files", True, f"{len(manifest.files)} files are intact")]
    checks.append(_counts(version))
    with open_corpus(home.corpus) as store:
        checks.append(_store(version, store))
        with VectorCache(home.vectors, manifest.encoder) as cache:
            checks.append(_cache(cache))
        if checks[-2].ok:
            checks.append(_sample(version, store, encoder, sample))
    return checks


def _counts(version: IndexVersion) -> IntegrityCheck:
    manifest = version.manifest
    counts = (len(version.table), len(version.dense), len(version.lexical))
    expected = (manifest.passages, manifest.passages, manifest.articles)
    if counts != expected:
        return IntegrityCheck(
            "counts", False, f"table, dense and lexical have {counts}, not {expected}"
        )
    return IntegrityCheck(
        "counts", True, f"{manifest.articles:,} articles, {manifest.passages:,} passages"
    )


def _store(version: IndexVersion, store: ArticleStore) -> IntegrityCheck:
    manifest = version.manifest
    if manifest.store != store.identity:
        return IntegrityCheck("corpus", False, "the index was built from a different corpus")
    changes = store.changes(manifest.last_import, manifest.last_article, manifest.articles)
    if not changes.any and manifest.snapshot != store.snapshot:
        return IntegrityCheck("corpus", False, "the corpus differs from what was indexed")
    return IntegrityCheck(
        "corpus",
        True,
        f"since the build {changes.added:,} articles added, {changes.revised:,} revised,"
        f" {changes.deleted:,} deleted",
    )


def _cache(cache: VectorCache) -> IntegrityCheck:
    damaged = cache.damaged()
    if damaged:
        names = ", ".join(path.name for path in damaged)
        return IntegrityCheck(
            "vectors", False, f"damaged: {names}; the next build will encode their passages again"
        )
    return IntegrityCheck("vectors", True, f"{len(cache):,} are cached")


def _sample(
    version: IndexVersion, store: ArticleStore, encoder: Encoder | None, size: int
) -> IntegrityCheck:
    if encoder is None:
        return IntegrityCheck("sample", None, "not encoded again")
    if encoder.identity.fingerprint != version.manifest.encoder.fingerprint:
        raise IndexMismatch(
            f"The index was built with the encoder {version.manifest.encoder.name}.",
            "Verify it with that encoder: --encoder NAME.",
        )
    rng = np.random.default_rng()
    count = len(version.table)
    numbers = np.sort(rng.choice(count, min(size, count), replace=False))
    keys = version.table.keys(numbers)
    # Articles revised since the build have other texts now, and so other keys.
    indexed = {int(number): key for number, key in zip(numbers, keys, strict=True)}
    texts = passage_texts(store, version.table, list(indexed), version.manifest.unit)
    same = [(number, text) for number, _, text in texts if key_of(text) == indexed[number]]
    if not same:
        return IntegrityCheck("sample", None, "all its articles were revised since the build")
    kept = version.dense.vectors(np.array([number for number, _ in same], dtype=np.int64))
    kept = kept / np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), 1e-9)
    now = encoder.encode_documents([text for _, text in same])
    cosines = (kept * now).sum(axis=1)
    worst = float(cosines.min())
    summary = f"{len(same)} passages encoded again; the lowest cosine is {worst:.4f}"
    return IntegrityCheck("sample", worst >= _LEAST_COSINE, summary)
