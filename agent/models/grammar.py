"""Constrain decoding to JSON that follows a schema, for models that run in this process.

The only module that imports llguidance (https://github.com/guidance-ai/llguidance), which walks the
schema's grammar and the tokenizer's vocabulary together, so that only tokens that can lead to a
valid document are sampled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from transformers import LogitsProcessor, PreTrainedTokenizerFast

from agent.models.base import JsonSchema
from corpora.errors import BadModelOutput

if TYPE_CHECKING:
    from llguidance import LLTokenizer
    from llguidance._lib import JsonCompileOptions

# No white space in the document: fewer tokens, and nothing to loop in.
_COMPACT: JsonCompileOptions = {"whitespace_flexible": False}


class Grammars:
    """Schema masks for one tokenizer; shared data is prepared once, at first use."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, vocabulary: int, ends: Sequence[int]
    ) -> None:
        self._tokenizer, self._vocabulary, self._ends = tokenizer, vocabulary, list(ends)

    @cached_property
    def _shared(self) -> LLTokenizer:
        return from_tokenizer(self._tokenizer, n_vocab=self._vocabulary, eos_token=self._ends)

    def mask(self, schemas: Sequence[JsonSchema | None]) -> SchemaMask:
        """A logits processor for one batch; None leaves a row unconstrained.

        Raises:
            BadModelOutput: a schema cannot be compiled into a grammar.
        """
        matchers = [None if s is None else self._matcher(s) for s in schemas]
        return SchemaMask(matchers)

    def _matcher(self, schema: JsonSchema) -> LLMatcher:
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(dict(schema)), _COMPACT)
        matcher = LLMatcher(self._shared, grammar)
        if matcher.is_error():
            raise BadModelOutput(
                f"The schema cannot be turned into a grammar ({matcher.get_error()}).",
                "This is a bug in Medcite; please report it.",
            )
        return matcher


class SchemaMask(LogitsProcessor):
    """Set the logits of tokens that the grammar does not allow to -inf, row by row."""

    def __init__(self, matchers: Sequence[LLMatcher | None]) -> None:
        self._matchers = matchers
        self._seen = 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """`input_ids` (rows, tokens so far), `scores` (rows, vocabulary) → masked scores."""
        length = input_ids.shape[1]
        for row, matcher in enumerate(self._matchers):
            if matcher is None:
                continue
            # The first call has only the prompt, which the grammar does not cover; each later one
            # has one more token. A finished row is padded, and consumes no more tokens.
            if self._seen and not matcher.is_stopped():
                matcher.consume_token(int(input_ids[row, -1]))
            bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
            allowed = np.unpackbits(bits, bitorder="little")[: scores.shape[1]].astype(bool)
            forbidden = torch.from_numpy(~allowed).to(scores.device)
            scores[row, : len(allowed)].masked_fill_(forbidden, float("-inf"))
            scores[row, len(allowed) :] = float("-inf")
        self._seen = length
        return scores
