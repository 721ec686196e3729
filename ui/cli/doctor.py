"""`medcite doctor`: check that everything Medcite needs is present and works."""

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
    checks = examine(Home.locate(home), lambda: load_encoder(encoder))
    if as_json:
        print_json([{"name": f.name, "ok": f.ok, "said": f.said} for f in checks])
    else:
        for check in checks:
            mark = {True: "[green]✓", False: "[red]✗", None: "[yellow]?"}[check.ok]
            console.print(f"{mark} {check.name}[/]: {check.said}", highlight=False)
    if any(check.ok is False for check in checks):
        raise typer.Exit(1)
