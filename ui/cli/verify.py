"""`medcite verify`: check claims, from a file of pairs or from a text with citations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from agent.answer import Verdict
    from agent.verification.plain_text import PlainClaim
    from corpora.home import Home

_SHAPE = 'Write {"id": "c1", "claim": "…", "evidence": "…"} on each line; evidence may be a list.'


def verify(
    document: Annotated[
        Path | None,
        typer.Argument(
            help="A text that cites PMIDs, DOIs, PMCIDs or the numbers of a reference list.",
            show_default=False,
        ),
    ] = None,
    claims: Annotated[
        Path | None, typer.Option(help='Instead: a file of {"id", "claim", "evidence"} lines.')
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File for the verdicts on --claims.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check claims against the articles they cite.

    Example: medcite verify answer.md

    Example: medcite verify --claims pairs.jsonl --out verdicts.jsonl
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import configure_logging

    configure_logging()
    if (document is None) == (claims is None):
        raise BadInput("Give either a text or --claims.", "See: medcite verify --help")
    if (claims is None) != (out is None):
        raise BadInput("--claims and --out must be given together.", "See: medcite verify --help")
    if document is not None:
        _document(document, Home.locate(home), as_json=as_json)
    elif claims is not None and out is not None:
        _pairs(_read(claims), out)


def _read(path: Path) -> list[PlainClaim]:
    """Read and validate all pairs of a file."""
    import json

    from agent.verification.plain_text import PlainClaim
    from corpora.errors import BadInput
    from corpora.lines import read_lines

    pairs = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            evidence = fields["evidence"]
            texts = [evidence] if isinstance(evidence, str) else list(evidence)
            claim = fields["claim"]
            if not isinstance(claim, str) or not all(isinstance(t, str) for t in texts):
                raise TypeError
            pairs.append(PlainClaim(str(fields["id"]), claim, tuple(texts)))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(
                f"{path}, line {number} is not a claim with evidence.", _SHAPE
            ) from error
    if not pairs:
        raise BadInput(f"{path} contains no claims.", _SHAPE)
    return pairs


def _pairs(claims: list[PlainClaim], out: Path) -> None:
    """Write one verdict per line, in input order; the file is written completely or not at all."""
    import json

    from rich.progress import track

    from agent.verification.local_verifier import LocalVerifier
    from agent.verification.plain_text import verify_plain
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file

    verifier = LocalVerifier()
    verdicts = track(verify_plain(verifier, claims), "Checking", total=len(claims), console=errors)
    with whole_file(out) as file:
        for claim, verdict in zip(claims, verdicts, strict=True):
            file.write(json.dumps(_line(claim.id, verdict), ensure_ascii=False) + "\n")


def _line(identifier: str, verdict: Verdict) -> dict[str, Any]:
    """Return a verdict's JSON: `start` and `end` locate `span` in text `evidence`, from 0."""
    quote = verdict.quotes[0] if verdict.quotes else None
    return {
        "id": identifier,
        "label": verdict.label.value,
        "score": verdict.score,
        "span": quote.text if quote else None,
        "evidence": int(quote.key.rpartition(":")[2]) if quote else None,
        # The verifier's text begins with an empty title and a newline.
        "start": quote.start - 1 if quote else None,
        "end": quote.end - 1 if quote else None,
        "checks": [{"name": check.name, "finding": check.finding} for check in verdict.checks],
    }


def _document(path: Path, home: Home, *, as_json: bool) -> None:
    from agent.answer import verdict_dict
    from agent.verification.document import claims_of, evidence_of, noticed
    from agent.verification.local_verifier import LocalVerifier
    from agent.verification.protocol import verdicts_of
    from corpora.errors import BadInput
    from corpora.lines import read_lines
    from corpora.store import open_corpus
    from ui.cli.output import console, print_json
    from ui.render.console import verdicts_console
    from ui.render.text import notice_line

    claims = claims_of("\n".join(read_lines(path)))
    if not claims:
        raise BadInput(
            f"{path} contains no sentences.", "Give a text with citations such as [33301246]."
        )
    with open_corpus(home.corpus) as store:
        evidence = evidence_of(claims, store)
    cited = {e.passage.id: e.article for e in evidence}
    verdicts = [noticed(v, cited) for v in verdicts_of(LocalVerifier(), claims, evidence)]
    if as_json:
        print_json([verdict_dict(verdict, {}) for verdict in verdicts])
    else:
        console.print(verdicts_console(verdicts))
        for key, article in cited.items():
            if article.retracted:
                console.print(f"[bold red]{key} is retracted:[/] {notice_line(article)}")
