"""`medcite doctor`: whether everything that Medcite needs is here and works."""

from __future__ import annotations

import typer

from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption


def doctor(
    home: HomeOption = None, encoder: EncoderOption = DEFAULT_ENCODER, as_json: JsonOption = False
) -> None:
    """Check the installation, the encoder, the corpus and the index.

    Example: medcite doctor
    """
    from corpora.home import Home
    from retrieval.encoder import load_encoder
    from ui.cli.output import configure_logging, console, print_json
    from ui.services.diagnosis import examine

    configure_logging()
    findings = examine(Home.locate(home), lambda: load_encoder(encoder))
    if as_json:
        print_json([{"name": f.name, "ok": f.ok, "said": f.said} for f in findings])
    else:
        for finding in findings:
            mark = {True: "[green]✓", False: "[red]✗", None: "[yellow]?"}[finding.ok]
            console.print(f"{mark} {finding.name}[/]: {finding.said}", highlight=False)
    if any(finding.ok is False for finding in findings):
        raise typer.Exit(1)
