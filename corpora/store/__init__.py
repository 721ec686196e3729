"""The article store: one SQLite file, the only source of truth about the literature.

It holds each article in its newest known version, the deletions that NLM announced, and a journal
of every import with what could not be read. A file is imported whole or not at all.

Records of one article, whatever database they come from, are one article (see `corpora.identity`
and `corpora.assembly`): PubMed's says what it is, a full text adds its body, others fill gaps, in
whichever order they come.
"""

from corpora.store.reading import Changes
from corpora.store.writing import ArticleStore, ImportResult, open_corpus, release_of

__all__ = ["ArticleStore", "Changes", "ImportResult", "open_corpus", "release_of"]
