"""paper-qa on given articles, in an environment of its own (requirements.txt).

Only its library interface is used: files are added with their citation, so that indexing needs
neither a language model nor a metadata service.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Its library for language models otherwise fetches a price list when imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from aviary.core import Message
from lmi import LLMModel
from lmi.types import LLMResult
from paperqa import Docs, Settings
from pydantic import Field


class Incomplete(Exception):
    """The answer has no recorded reply, or a prompt before it has none."""


class RecordedModel(LLMModel):  # type: ignore[misc]
    """A language model that replays replies by prompt hash; `pending` has prompts without one."""

    name: str = "recorded"
    replies: dict[str, str]
    pending: list[dict[str, Any]] = Field(default_factory=list)

    async def call(
        self,
        messages: list[Message],
        callbacks: object = None,
        name: str | None = None,
        *_: object,
        **__: object,
    ) -> list[LLMResult]:
        """Raises:
        Incomplete: the answer cannot be given yet.
        """
        final = name == "answer"
        if final and self.pending:
            raise Incomplete
        turns = [{"role": each.role, "content": each.content} for each in messages]
        joined = "\n\n".join(str(turn["content"]).strip() for turn in turns)
        key = hashlib.blake2b(joined.encode(), digest_size=12).hexdigest()
        if key in self.replies:
            return [LLMResult(model=self.name, text=self.replies[key])]
        self.pending.append({"hash": key, "messages": turns})
        if final:
            raise Incomplete
        return [LLMResult(model=self.name, text='{"summary": "", "relevance_score": 0}')]


class PaperQa:
    """paper-qa's retrieval, and its answers by recorded replies.

    Args:
        encoder: folder of a sentence-transformers model.
        settings: paper-qa's own settings where they differ from its defaults.
        chunks: how many chunks to retrieve for each article wanted.
    """

    def __init__(self, encoder: str, settings: Mapping[str, Any], chunks: int = 1) -> None:
        # Abstracts are text files, so there is no metadata to look up and no image to read.
        parsing = {"use_doc_details": False, "multimodal": False, **settings.get("parsing", {})}
        embedding = settings.get("embedding", "st-") + encoder
        own = {**settings, "parsing": parsing, "embedding": embedding}
        self._settings = Settings(**own)
        self._encoder = self._settings.get_embedding_model()
        self._chunks = chunks
        self._docs = Docs()
        self._loop = asyncio.new_event_loop()

    def index(self, articles: Sequence[Mapping[str, str]]) -> None:
        """Add each article as a text file: title, then abstract."""
        with tempfile.TemporaryDirectory() as folder:
            self._loop.run_until_complete(self._add(articles, Path(folder)))

    async def _add(self, articles: Sequence[Mapping[str, str]], folder: Path) -> None:
        for article in articles:
            path = folder / f"{article['id']}.txt"
            path.write_text(article["text"], encoding="utf-8")
            await self._docs.aadd(
                path,
                citation=article["citation"],
                docname=article["id"],
                dockey=article["id"],
                settings=self._settings,
                embedding_model=self._encoder,
            )

    def search(self, question: str, depth: int) -> list[str]:
        """The articles of the nearest chunks, each once, the nearest first."""
        most = depth * self._chunks
        texts = self._loop.run_until_complete(
            self._docs.retrieve_texts(question, most, self._settings, self._encoder)
        )
        return list(dict.fromkeys(str(text.doc.dockey) for text in texts))[:depth]

    def answer(self, question: str, replies: Mapping[str, str]) -> dict[str, Any]:
        """Its answer with the articles it was given by citation key, or prompts without a reply."""
        model = RecordedModel(replies=dict(replies))
        asking = self._docs.aquery(
            question,
            settings=self._settings,
            llm_model=model,
            summary_llm_model=model,
            embedding_model=self._encoder,
        )
        try:
            session = self._loop.run_until_complete(asking)
        except Incomplete:
            return {"pending": model.pending}
        return {
            "answer": session.raw_answer,
            "sources": {each.id: str(each.text.doc.dockey) for each in session.contexts},
        }
