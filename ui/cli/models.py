"""`medcite models`: the language models available, and which of them this machine can run."""

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
    ("http://A/v1,http://B/v1*16#NAME", "servers of one model; *16: parallel requests, default 8"),
    ("FILE.gguf, FOLDER, hf:ORG/NAME", "any other model; `transformers:` runs a GGUF file there"),
    ("smollm2", "a very small model (98 MB) for trying things out; poor answers"),
)


@app.callback()
def models(
    context: typer.Context,
    window: Annotated[
        int, typer.Option("--context", help="Tokens for prompt and answer together.")
    ] = 16_384,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the values of `--model` and MedGemma's 24 files, and which of them fit this machine.

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
            f"--context {window} is out of range.", f"MedGemma reads 1 to {MOST_WINDOW:,} tokens."
        )
    machine = this_machine()
    place = Home.locate(home)
    if as_json:
        from ui.cli.output import print_json

        print_json(_report(machine, window, place))
    else:
        _show(machine, window, place)


@app.command()
def speed(
    model: Annotated[str, typer.Argument(help="A GGUF file, medgemma-27b:QUANT or smollm2.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure for ten seconds how fast a model runs, so that `medcite models` can show waits.

    The default is a downloaded MedGemma file, else SmolLM2. The rates are stored in the data
    directory. Other load on the machine lowers them.

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
            f"{rates.model}: reads {rates.prefill:,.1f} tokens per second, writes"
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
    """Download one of MedGemma's files; resumes if interrupted, and verifies the checksum.

    `judge` downloads the base model of the large verifier (438 MB; see docs/verification.md).

    With --json, progress and the result are events, one per line.

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
            names = ", ".join(f.quant for f in FILES)
            raise BadInput(f"There is no file {quant}.", f"Choose from: {names}, smollm2, judge.")
        path = _download(file, place.models, as_json=as_json)
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


def _download(file: GgufFile, folder: Path, *, as_json: bool) -> Path:
    from agent.models.download import pull as fetch

    return fetch(file, folder, _events()) if as_json else _download_with_bar(file, folder)


def _events() -> Callable[[int, int], None]:
    """Return a callback that prints progress in megabytes, one event per second."""
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


def _download_with_bar(file: GgufFile, folder: Path) -> Path:
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


def _report(machine: Machine, window: int, home: Home) -> dict[str, Any]:
    from dataclasses import asdict

    from agent.models.catalogue import FILES, best_for, need_of, place_of
    from agent.models.speed import read_rates, recommend, wait_for
    from agent.verification.judge_test import read_results
    from ui.render.judging import judging_dict

    best, rates = best_for(machine, window), read_rates(home)
    recommended = recommend(machine, window, rates)
    return {
        "context": window,
        "machine": {
            "gpu": machine.gpu_name,
            "gpu_free_bytes": machine.gpu,
            "memory_free_bytes": machine.memory,
        },
        "best": best.quant if best else None,
        "recommended": recommended.quant if recommended else None,
        "judging": [judging_dict(result) for result in read_results(home)],
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
            for wait in [wait_for(file, machine, window, rates)]
        ],
    }


def _show(machine: Machine, window: int, home: Home) -> None:
    from rich.table import Table

    from agent.models.catalogue import (
        FILES,
        GIB,
        Placement,
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
        f"{machine.memory / GIB:,.1f} GiB of memory free), context {window:,} tokens",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False)
    for title in ("file", "GiB", "needs", "runs on", "per answer", ""):
        right = title in ("GiB", "needs", "per answer")
        table.add_column(title, justify="right" if right else "left")
    rates = read_rates(home)
    best, recommended = best_for(machine, window), recommend(machine, window, rates)
    for file in FILES:
        need = need_of(file, window)
        place = place_of(need, machine)
        marks = (
            ["recommended"] if file == recommended else ["best that fits"] if file == best else []
        )
        marks += ["downloaded"] if (home.models / file.name).is_file() else []
        wait = wait_text(wait_for(file, machine, window, rates))
        row = (file.quant, f"{file.gib:.2f}", f"{need.total / GIB:.1f}", place.value, wait)
        style = "dim" if place is Placement.NOWHERE else "bold" if file == recommended else ""
        table.add_row(*row, ", ".join(marks), style=style)
    full = need_of_full_model(window)
    table.add_row("(full)", f"{full.weights / GIB:.2f}", f"{full.total / GIB:.1f}",
                  place_of(full, machine).value, "", "", style="dim")  # fmt: skip
    console.print(table)
    console.print(waits_note(rates, best, recommended), highlight=False)
    console.print(results_note(read_results(home)), highlight=False, markup=False)
    _explain(need_of(FILES[0], window), window)
    _advise(best, recommended)


def _explain(need: Need, window: int) -> None:
    from agent.models.catalogue import GIB, kv_cache_formula
    from ui.cli.output import console

    console.print(
        f"\nneeds = weights + KV cache {need.cache / GIB:.2f} + prefix copies in main memory"
        f" {need.aside / GIB:.2f} + overhead {need.overhead / GIB:.2f} GiB\n"
        f"KV cache: {kv_cache_formula(window)}\n"
        "llama.cpp runs all files as they are. transformers dequantises Gemma 3's GGUF files on"
        " loading,\nso that each needs as much memory as the full model.\n",
        highlight=False,
    )


def _advise(best: GgufFile | None, recommended: GgufFile | None) -> None:
    """Print what to do next, and the values of `--model`."""
    from rich.table import Table

    from ui.cli.output import console

    if best is None:
        console.print(
            "[yellow]No file fits this machine.[/] Use a model server, or no language model.\n"
        )
    elif recommended:
        console.print(
            f"Next: medcite models pull {recommended.quant}\n"
            f'      medcite ask --model medgemma-27b:{recommended.quant} "…"\n',
            highlight=False,
        )
    forms = Table(box=None, pad_edge=False, title="--model takes", title_justify="left")
    forms.add_column("form", style="bold", no_wrap=True)
    forms.add_column("meaning")
    for form, meaning in _FORMS:
        forms.add_row(form, meaning)
    console.print(forms)
