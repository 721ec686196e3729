"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli import defaults

DEFAULT_ENCODER = defaults.DEFAULT_ENCODER
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Data directory; default: $MEDCITE_HOME, else your platform's.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
EncoderOption = Annotated[
    str,
    typer.Option("--encoder", help="A sentence-transformers model: a name, a folder, or MedCPT."),
]
RerankerOption = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        help="A cross-encoder that reranks the results: a folder or a hub name, such as"
        " ncbi/MedCPT-Cross-Encoder. Slow without a GPU.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        envvar="MEDCITE_MODEL",
        help="Language model: none, medgemma-27b:Q4_K_M, a folder, a .gguf file, hf:org/name or"
        " http://localhost:8080/v1; see `medcite models`.",
    ),
]
FlaggedOption = Annotated[
    str,
    typer.Option(
        "--flagged",
        help="What to do with drafted sentences that fail their check: show (flagged, with the"
        " reason), quote (replace by the sentence they cite) or drop.",
    ),
]
ThinkingOption = Annotated[
    str,
    typer.Option(
        "--thinking",
        help="Let the language model think before it answers: off, auto (if it was trained to) or"
        " a maximum number of tokens.",
    ),
]
SamplesOption = Annotated[
    int,
    typer.Option(
        "--samples",
        help="Drafts to sample for a question that asks for yes or no, or for one of two; the most"
        " frequent answer wins.",
    ),
]
FallbackOption = Annotated[
    bool,
    typer.Option(
        "--fallback/--no-fallback",
        help="Answer without the language model if it fails, and say so.",
    ),
]
