"""`medcite models`: which language models there are, and what this machine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.judging import judge
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.models.catalogue import GgufFile, Machine, Need
    from corpora.home import Home

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)
app.command()(judge)

_FORMS = (
    ("none", "no language model: quotes from the literature, the default"),
    ("medgemma-27b:QUANT", "one of the files above, after `medcite models pull QUANT`"),
    ("medgemma-27b", "the full model from the hub, with transformers; :4bit quantises it"),
    ("http://HOST:PORT/v1#NAME", "a server: llama-server, vLLM, SGLang, Ollama, …"),
    ("http://A/v1,http://B/v1*16#NAME", "servers of one model; *16: requests at once, else 8"),
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
    from agent.models.hardware import this_machine
    from corpora.errors import BadInput
    from corpora.home import Home

    if not 1 <= window <= MOST_WINDOW:
        raise BadInput(
            f"--context {window} is not possible.", f"MedGemma reads 1 to {MOST_WINDOW:,} tokens."
        )
    machine = this_machine()
    place = Home.locate(home)
    if as_json:
        from ui.cli.output import print_json

        print_json(_told(machine, window, place))
    else:
        _show(machine, window, place)


@app.command()
def speed(
    model: Annotated[str, typer.Argument(help="A GGUF file, medgemma-27b:QUANT or smollm2.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure for ten seconds how fast a model runs here; `medcite models` then tells the wait.

    Without a name, a file of MedGemma that is here, else SmolLM2. The rates are kept in the data
    directory. Other work on the machine makes them worse.

    Example: medcite models speed
    """
    from dataclasses import asdict

    from agent.models.hardware import this_machine
    from agent.models.speed import measure
    from corpora.home import Home
    from ui.cli.output import console, errors, print_json

    with errors.status("Measuring for about ten seconds…"):
        rates = measure(Home.locate(home), this_machine(), model)
    if as_json:
        print_json(asdict(rates))
    else:
        console.print(
            f"{rates.model}: reads {rates.prefill:,.1f} tokens a second, writes"
            f" {rates.decode:,.1f} ({rates.place.value}). Next: medcite models",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def pull(
    quant: Annotated[
        str, typer.Argument(help="A quantisation, such as Q4_K_M; or smollm2; or judge.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download one of MedGemma's files; it goes on where it stopped, and is checked.

    `judge` gets what the large verifier rests on (438 MB; see docs/verification.md).

    With --json, progress and the result are events, one a line.

    Example: medcite models pull Q4_K_M
    """
    from agent.models import download
    from agent.models.catalogue import FILES, find_file
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import console, errors, print_event

    place = Home.locate(home)
    place.create()
    if quant.casefold() == "judge":
        _pull_judge(place.models, as_json=as_json)
        return
    if quant.casefold() == "smollm2":
        with errors.status("Downloading SmolLM2…"):
            path = download.pull_small(place.models)
        name = "smollm2"
    else:
        file = find_file(quant)
        if file is None:
            names = ", ".join(each.quant for each in FILES)
            raise BadInput(f"There is no file {quant}.", f"There is {names}, smollm2, and judge.")
        path = _pulled(file, place.models, as_json=as_json)
        name = f"medgemma-27b:{file.quant}"
    if as_json:
        size = path.stat().st_size
        print_event({"event": "done", "model": name, "path": str(path), "bytes": size})
    else:
        console.print(f"{path} is ready: --model {name}", highlight=False, soft_wrap=True)


def _pull_judge(models: Path, *, as_json: bool) -> None:
    from rich.progress import Progress

    from agent.verification.judge_download import PARTS, pull_base
    from ui.cli.output import console, errors, print_event

    with Progress(console=errors) as bar:
        task = bar.add_task("Downloading", total=PARTS)
        path = pull_base(models, progress=lambda done: bar.update(task, completed=done))
    if as_json:
        print_event({
            "event": "done", "model": "judge", "path": str(path), "bytes": path.stat().st_size,
        })  # fmt: skip
    else:
        console.print(f"{path} is ready: MEDCITE_JUDGE=large", highlight=False, soft_wrap=True)


def _pulled(file: GgufFile, folder: Path, *, as_json: bool) -> Path:
    from agent.models.download import pull as fetch

    return fetch(file, folder, _events()) if as_json else _pulled_with_bar(file, folder)


def _events() -> Callable[[int, int], None]:
    """Progress in megabytes, an event for each second."""
    import time

    from ui.cli.output import print_event

    began, last, start = time.monotonic(), 0.0, -1

    def progress(done: int, total: int) -> None:
        nonlocal last, start
        now = time.monotonic()
        if start < 0:
            start = done
            print_event({"event": "stage", "stage": "download", "total": total // 1_000_000})
        elif now - last < 1 and done < total:
            return
        last = now
        rate = (done - start) / max(now - began, 1e-3) / 1e6
        left = (total - done) / 1e6 / rate if rate > 0 else None
        print_event({
            "event": "progress", "done": done // 1_000_000, "rate": rate, "seconds_left": left,
        })  # fmt: skip

    return progress


def _pulled_with_bar(file: GgufFile, folder: Path) -> Path:
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


def _told(machine: Machine, window: int, home: Home) -> dict[str, Any]:
    from dataclasses import asdict

    from agent.models.catalogue import FILES, best_for, need_of, place_of
    from agent.models.speed import read_rates, recommend, wait_for
    from agent.verification.judge_test import read_results
    from ui.render.judging import judging_dict

    best, known = best_for(machine, window), read_rates(home)
    taken = recommend(machine, window, known)
    return {
        "context": window,
        "machine": {
            "gpu": machine.gpu_name,
            "gpu_free_bytes": machine.gpu,
            "memory_free_bytes": machine.memory,
        },
        "best": best.quant if best else None,
        "recommended": taken.quant if taken else None,
        "judging": [judging_dict(each) for each in read_results(home)],
        "files": [
            {
                "quant": file.quant,
                "name": file.name,
                "gib": file.gib,
                "need_bytes": (need := need_of(file, window)).total,
                "cache_bytes": need.cache,
                "runs_on": place_of(need, machine).value,
                "here": (home.models / file.name).is_file(),
                "answer": wait and asdict(wait),
            }
            for file in FILES
            for wait in [wait_for(file, machine, window, known)]
        ],
    }


def _show(machine: Machine, window: int, home: Home) -> None:
    from rich.table import Table

    from agent.models.catalogue import (
        FILES,
        GIB,
        Place,
        best_for,
        need_of,
        need_of_full_model,
        place_of,
    )
    from agent.models.speed import read_rates, recommend, wait_for
    from agent.verification.judge_test import read_results
    from ui.cli.output import console
    from ui.render.durations import wait_text, waits_note
    from ui.render.judging import results_note

    gpu = f"{machine.gpu_name}, {machine.gpu / GIB:,.1f} GiB free; " if machine.gpu_name else ""
    console.print(
        f"[bold]MedGemma 27B on this machine[/] ({gpu or 'no GPU; '}"
        f"{machine.memory / GIB:,.1f} GiB of memory free), window {window:,} tokens",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False)
    for title in ("file", "GiB", "needs", "runs on", "an answer", ""):
        right = title in ("GiB", "needs", "an answer")
        table.add_column(title, justify="right" if right else "left")
    known = read_rates(home)
    best, taken = best_for(machine, window), recommend(machine, window, known)
    for file in FILES:
        need = need_of(file, window)
        place = place_of(need, machine)
        marks = ["recommended"] if file == taken else ["best that fits"] if file == best else []
        marks += ["here"] if (home.models / file.name).is_file() else []
        wait = wait_text(wait_for(file, machine, window, known))
        row = (file.quant, f"{file.gib:.2f}", f"{need.total / GIB:.1f}", place.value, wait)
        style = "dim" if place is Place.NOWHERE else "bold" if file == taken else ""
        table.add_row(*row, ", ".join(marks), style=style)
    full = need_of_full_model(window)
    table.add_row("(full)", f"{full.weights / GIB:.2f}", f"{full.total / GIB:.1f}",
                  place_of(full, machine).value, "", "", style="dim")  # fmt: skip
    console.print(table)
    console.print(waits_note(known, best, taken), highlight=False)
    console.print(results_note(read_results(home)), highlight=False, markup=False)
    _explain(need_of(FILES[0], window), window)
    _advise(best, taken)


def _explain(need: Need, window: int) -> None:
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


def _advise(best: GgufFile | None, taken: GgufFile | None) -> None:
    """What to do next, and what `--model` takes."""
    from rich.table import Table

    from ui.cli.output import console

    if best is None:
        console.print("[yellow]No file fits this machine.[/] A server elsewhere may do, or none.\n")
    elif taken:
        console.print(
            f"Next: medcite models pull {taken.quant}\n"
            f'      medcite ask --model medgemma-27b:{taken.quant} "…"\n',
            highlight=False,
        )
    forms = Table(box=None, pad_edge=False, title="--model takes", title_justify="left")
    forms.add_column("form", style="bold", no_wrap=True)
    forms.add_column("what it is")
    for form, what in _FORMS:
        forms.add_row(form, what)
    console.print(forms)
