"""The article store: one SQLite file, the only source of truth about the literature.

It contains each article in its newest known version, the deletions that NLM announced, and a
journal of every import with its unread records. A file is imported completely or not at all.

Records of one article from several databases become one article (see `corpora.identity` and
`corpora.store.assembly`): PubMed's record defines it, a full text adds its body, others fill gaps,
whatever the order of import.
"""

from corpora.store.reading import Changes
from corpora.store.writing import ArticleStore, ImportResult, open_corpus, release_of

__all__ = ["ArticleStore", "Changes", "ImportResult", "open_corpus", "release_of"]
