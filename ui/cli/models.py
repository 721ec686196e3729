"""`medcite models`: which language models there are, and what this machine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from pathlib import Path

    from agent.models.catalogue import GgufFile, Machine, Need

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)

_FORMS = (
    ("none", "no language model: quotes from the literature, the default"),
    ("medgemma-27b:QUANT", "one of the files above, after `medcite models pull QUANT`"),
    ("medgemma-27b", "the full model from the hub, with transformers; :4bit quantises it"),
    ("http://HOST:PORT/v1#NAME", "a server: llama-server, vLLM, SGLang, Ollama, …"),
    ("FILE.gguf, FOLDER, hf:ORG/NAME", "any other model; `transformers:` runs a GGUF file there"),
    ("smollm2", "a very small model (98 MB) for trying things out; its answers are poor"),
)


@app.callback()
def models(
    context: typer.Context,
    window: Annotated[
        int, typer.Option("--context", help="Tokens that prompt and answer may take.")
    ] = 16_384,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What `--model` takes, MedGemma's 24 files, and which of them fit this machine.

    Example: medcite models --context 32768
    """
    if context.invoked_subcommand is not None:
        return
    from agent.models.catalogue import MOST_WINDOW
    from agent.models.machine import this_machine
    from corpora.errors import BadInput
    from corpora.home import Home

    if not 1 <= window <= MOST_WINDOW:
        raise BadInput(
            f"--context {window} is not possible.", f"MedGemma reads 1 to {MOST_WINDOW:,} tokens."
        )
    machine = this_machine()
    folder = Home.locate(home).models
    if as_json:
        from ui.cli.output import print_json

        print_json(_told(machine, window, folder))
    else:
        _show(machine, window, folder)


@app.command()
def pull(
    quant: Annotated[str, typer.Argument(help="A quantisation, such as Q4_K_M, or smollm2.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download one of MedGemma's files; it goes on where it stopped, and is checked.

    Example: medcite models pull Q4_K_M
    """
    from agent.models import download
    from agent.models.catalogue import FILES, find_file
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import console, errors, print_json

    place = Home.locate(home)
    place.create()
    if quant.casefold() == "smollm2":
        with errors.status("Downloading SmolLM2…"):
            path = download.pull_small(place.models)
        name = "smollm2"
    else:
        file = find_file(quant)
        if file is None:
            names = ", ".join(each.quant for each in FILES)
            raise BadInput(f"There is no file {quant}.", f"There is {names}, and smollm2.")
        path = _pulled(file, place.models)
        name = f"medgemma-27b:{file.quant}"
    if as_json:
        print_json({"model": name, "path": str(path), "bytes": path.stat().st_size})
    else:
        console.print(f"{path} is ready: --model {name}", highlight=False, soft_wrap=True)


def _pulled(file: GgufFile, folder: Path) -> Path:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    from agent.models.download import pull as fetch
    from ui.cli.output import errors

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors) as bar:
        task = bar.add_task(file.name, total=file.bytes)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return fetch(file, folder, progress)


def _told(machine: Machine, window: int, folder: Path) -> dict[str, Any]:
    from agent.models.catalogue import FILES, best_for, need_of, place_of

    best = best_for(machine, window)
    return {
        "context": window,
        "machine": {
            "gpu": machine.gpu_name,
            "gpu_free_bytes": machine.gpu,
            "memory_free_bytes": machine.memory,
        },
        "best": best.quant if best else None,
        "files": [
            {
                "quant": file.quant,
                "name": file.name,
                "gib": file.gib,
                "need_bytes": (need := need_of(file, window)).total,
                "cache_bytes": need.cache,
                "runs_on": place_of(need, machine).value,
                "here": (folder / file.name).is_file(),
            }
            for file in FILES
        ],
    }


def _show(machine: Machine, window: int, folder: Path) -> None:
    from rich.table import Table

    from agent.models.catalogue import (
        FILES,
        GIB,
        RECOMMENDED,
        Place,
        best_for,
        need_of,
        need_of_full_model,
        place_of,
    )
    from ui.cli.output import console

    gpu = f"{machine.gpu_name}, {machine.gpu / GIB:,.1f} GiB free; " if machine.gpu_name else ""
    console.print(
        f"[bold]MedGemma 27B on this machine[/] ({gpu or 'no GPU; '}"
        f"{machine.memory / GIB:,.1f} GiB of memory free), window {window:,} tokens",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False)
    for title in ("file", "GiB", "needs", "runs on", ""):
        table.add_column(title, justify="right" if title in ("GiB", "needs") else "left")
    best = best_for(machine, window)
    for file in FILES:
        need = need_of(file, window)
        place = place_of(need, machine)
        marks = ["best that fits"] if file == best else []
        marks += ["recommended"] if file.quant == RECOMMENDED else []
        marks += ["here"] if (folder / file.name).is_file() else []
        row = (file.quant, f"{file.gib:.2f}", f"{need.total / GIB:.1f}", place.value)
        style = "dim" if place is Place.NOWHERE else "bold" if file == best else ""
        table.add_row(*row, ", ".join(marks), style=style)
    full = need_of_full_model(window)
    table.add_row("(full)", f"{full.weights / GIB:.2f}", f"{full.total / GIB:.1f}",
                  place_of(full, machine).value, "", style="dim")  # fmt: skip
    console.print(table)
    _explain(need_of(FILES[0], window), window, best)


def _explain(need: Need, window: int, best: GgufFile | None) -> None:
    from rich.table import Table

    from agent.models.catalogue import GIB, kv_cache_formula
    from ui.cli.output import console

    console.print(
        f"\nneeds = weights + KV cache {need.cache / GIB:.2f} + prefix copies in main memory"
        f" {need.aside / GIB:.2f} + overhead {need.overhead / GIB:.2f} GiB\n"
        f"KV cache: {kv_cache_formula(window)}\n"
        "All files run on llama.cpp as they are. transformers unpacks Gemma 3's GGUF files when it"
        " loads them,\nso that each then needs what the full model needs.\n",
        highlight=False,
    )
    if best is None:
        console.print("[yellow]No file fits this machine.[/] A server elsewhere may do, or none.\n")
    else:
        console.print(
            f"Next: medcite models pull {best.quant}\n"
            f'      medcite ask --model medgemma-27b:{best.quant} "…"\n',
            highlight=False,
        )
    forms = Table(box=None, pad_edge=False, title="--model takes", title_justify="left")
    forms.add_column("form", style="bold", no_wrap=True)
    forms.add_column("what it is")
    for form, what in _FORMS:
        forms.add_row(form, what)
    console.print(forms)
