"""The Settings page: language model, strictness, what leaves the machine, diagnostics."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import streamlit as st

from agent.answer import Flagged
from agent.models.catalogue import FILES, GIB, Machine, best_for, find_file, need_of, place_of
from agent.models.choice import NONE, ModelKind, parse_model
from agent.models.hardware import this_machine
from agent.models.speed import read_rates, recommend, wait_for
from agent.verification.judge_test import read_result
from corpora.errors import MedciteError
from corpora.home import Home
from retrieval.encoder import DEFAULT_ENCODER, Encoder, load_encoder
from ui.pages import jobs, sign_in
from ui.render import markup
from ui.render.durations import wait_text, waits_note
from ui.render.judging import judging_text
from ui.render.units import size
from ui.services import operations
from ui.services.data_status import sizes
from ui.services.diagnosis import HealthCheck, examine
from ui.services.library import Library, sent_to
from ui.services.settings import Whence, model_in_use, read_choices, write_choices

_WINDOW = 16_384
_WIDTH = 800
_PROBLEM, _CHECKS, _ABSENT = "settings-problem", "health-checks", "model-absent"
_JUDGING_HELP = (
    "Has it judge 36 claims about six invented articles, half of them wrong. This takes about as"
    " long as six answers, and loads the model a second time."
)


def page(library: Library) -> None:
    """Draw the page."""
    st.html("<h1>Settings</h1>")
    sign_in.account(library)
    if error := st.session_state.pop(_PROBLEM, None):
        st.html(markup.error_html(error))
    jobs.panel(library)
    may = sign_in.may_change(library)
    if not may:
        st.caption("Only the admins listed in secrets.toml can change these.")
    _model(library, may=may)
    _strictness(library.home, may=may)
    st.html("<h2>What leaves this computer</h2>" + markup.facts_html(leaving(library.home)))
    _email(library.home, may=may)
    _logging(library.home, may=may)
    st.html("<h2>Data directory</h2>" + markup.facts_html(_room(library.home)))
    _diagnostics(library)


def _model(library: Library, *, may: bool) -> None:
    """Draw the choice of language model, and which models fit this machine."""
    current, source = model_in_use(library.home)
    facts = {"In use": f"{current} ({source})", "State": model_state(library, current)}
    if judging := judging_fact(library, current):
        facts["Judging"] = judging
    st.html("<h2>Language model</h2>" + markup.facts_html(facts))
    if source is Whence.COMMAND:
        st.caption("Set when the server was started, which overrides the choice made here.")
    machine = _machine()
    with (
        st.form("model", border=False, width=_WIDTH),
        st.container(horizontal=True, vertical_alignment="bottom", key="model-row"),
    ):
        chosen = st.selectbox(
            "Model",
            list(dict.fromkeys((current, *model_options(library.home, machine)))),
            accept_new_options=True,
            help="none; medgemma-27b:QUANT; FILE.gguf; a folder; hf:org/name; or a server, such as"
            " http://localhost:8080/v1#model",
        )
        if st.form_submit_button("Use", disabled=not may or source is Whence.COMMAND):
            _choose(library, chosen or NONE)
    if judging and may and st.button("Test the model's judging", help=_JUDGING_HELP):
        jobs.start(library, operations.judge_model(current))
        st.rerun()
    if absent := st.session_state.get(_ABSENT):
        _offer(library, absent)
    with st.expander("What fits this computer", width=_WIDTH):
        head = ("File", "GiB", "Needs (GiB)", "Runs on", "Time per answer", "")
        rows = model_rows(library.home, machine)
        gpu = f"{machine.gpu_name}, {machine.gpu / GIB:.1f} GiB free; " if machine.gpu_name else ""
        free = f"{gpu or 'no GPU; '}{machine.memory / GIB:.1f} GiB of memory free"
        st.html(markup.table_html(head, rows, f"MedGemma 27B; {free}"))
        rates = read_rates(library.home)
        fitting, recommended = best_for(machine, _WINDOW), recommend(machine, _WINDOW, rates)
        st.caption(waits_note(rates, fitting, recommended))
        if may and st.button("Measure this computer", help="Takes about ten seconds."):
            jobs.start(library, operations.measure_speed())
            st.rerun()


@st.cache_data(ttl=30, show_spinner=False)
def _machine() -> Machine:
    return this_machine()


def model_options(home: Home, machine: Machine) -> list[str]:
    """Return model names that work here: none, downloaded files, and the best that fits."""
    downloaded = [f"medgemma-27b:{f.quant}" for f in FILES if (home.models / f.name).is_file()]
    best = recommend(machine, _WINDOW, read_rates(home)) or best_for(machine, _WINDOW)
    return [NONE, *downloaded, *([f"medgemma-27b:{best.quant}"] if best else [])]


def model_rows(home: Home, machine: Machine) -> list[tuple[str, ...]]:
    """Return table rows of MedGemma's files: size, memory, where each runs, time per answer."""
    rates = read_rates(home)
    fitting, recommended = best_for(machine, _WINDOW), recommend(machine, _WINDOW, rates)
    rows: list[tuple[str, ...]] = []
    for file in FILES:
        need = need_of(file, _WINDOW)
        marks = (
            ["recommended"]
            if file == recommended
            else ["best that fits"]
            if file == fitting
            else []
        )
        marks += ["downloaded"] if (home.models / file.name).is_file() else []
        size_of = (f"{file.gib:.2f}", f"{need.total / GIB:.1f}")
        wait = wait_text(wait_for(file, machine, _WINDOW, rates))
        place = str(place_of(need, machine))
        rows.append((file.quant, *size_of, place, wait, ", ".join(marks)))
    return rows


def model_state(library: Library, model: str) -> str:
    """Say whether the model is loaded, and if loading failed, why."""
    if not library.ready:
        return "not loaded yet; the next question loads it"
    assistant = library.assistant()
    if assistant.failure:
        return f"could not be loaded, so Medcite answers without it: {assistant.failure}"
    if assistant.model is None:
        return "no language model: answers quote the literature"
    return f"ready: {assistant.model.name}" if model != NONE else "ready"


def judging_fact(library: Library, model: str) -> str:
    """Say how well the model judges claims, as far as tested; "" if there is no model."""
    try:
        choice = parse_model(model, library.home)
    except MedciteError:  # its folder or file has been removed since it was chosen
        return ""
    if choice.kind is ModelKind.NONE:
        return ""
    opened = library.assistant().model if library.ready else None
    return judging_text(read_result(library.home, choice, opened.name if opened else ""))


def _choose(library: Library, model: str) -> None:
    """Use a model, or offer its download if its file is missing."""
    st.session_state.pop(_ABSENT, None)
    try:
        choice = parse_model(model, library.home)
        if choice.kind is ModelKind.GGUF and choice.pull and not Path(choice.where).is_file():
            st.session_state[_ABSENT] = choice.pull
            st.rerun()
        write_choices(library.home, replace(read_choices(library.home), model=model.strip()))
        library.warm()
    except MedciteError as error:
        st.session_state[_PROBLEM] = error
    st.rerun()


def _offer(library: Library, quant: str) -> None:
    """Draw the offer to download a chosen model file."""
    file = find_file(quant)
    gib = f"{file.gib:.2f} GiB" if file else "0.1 GiB"
    terms = "" if file is None else " Accept MedGemma's terms on the hub first."
    st.html(
        markup.note_html(
            f"{quant} is not on this computer yet.",
            f"It is a download of {gib}, which resumes if interrupted.{terms} Press Use again"
            " once it is downloaded.",
        )
    )
    with st.container(horizontal=True):
        if st.button(f"Download {gib}", icon=":material/download:"):
            del st.session_state[_ABSENT]
            jobs.start(library, operations.pull_model(quant))
            st.rerun()
        if st.button("Not now", type="tertiary"):
            del st.session_state[_ABSENT]
            st.rerun()


_FLAGGED = {
    Flagged.SHOW: "Show them, flagged, with the reason",
    Flagged.QUOTE: "Show the sentence they cite instead",
    Flagged.DROP: "Leave them out of answers",
}
_THINKING = {
    "off": "The language model answers immediately",
    "auto": "It thinks first, if it was trained to; answers are better but take longer",
}


def _strictness(home: Home, *, may: bool) -> None:
    """Draw what happens to sentences that fail their check, and whether the model thinks."""
    st.html("<h2>Sentences that fail their check</h2>")
    flagged = st.radio(
        "Sentences that fail their check",
        list(_FLAGGED),
        index=list(_FLAGGED).index(read_choices(home).flagged),
        format_func=_FLAGGED.__getitem__,
        label_visibility="collapsed",
        disabled=not may,
    )
    _save(home, may=may, flagged=flagged)
    st.html("<h2>Thinking</h2>")
    thinking = st.radio(
        "Thinking",
        list(_THINKING),
        index=list(_THINKING).index("off" if read_choices(home).thinking == "off" else "auto"),
        format_func=_THINKING.__getitem__,
        label_visibility="collapsed",
        disabled=not may,
    )
    _save(home, may=may, thinking=thinking)


def _email(home: Home, *, may: bool) -> None:
    email = st.text_input(
        "E-mail address sent to NCBI with PubMed queries; NCBI asks for one, but it is optional",
        value=read_choices(home).email,
        placeholder="none",
        width=_WIDTH,
        max_chars=200,
        disabled=not may,
    )
    _save(home, may=may, email=email.strip())


def _logging(home: Home, *, may: bool) -> None:
    logged = st.checkbox(
        "Keep a log of searches and questions, on this computer only, for a methods appendix",
        value=read_choices(home).log_searches,
        disabled=not may,
    )
    _save(home, may=may, log_searches=logged)


def _save(home: Home, *, may: bool, **changed: object) -> None:
    choices = read_choices(home)
    now = replace(choices, **changed)  # type: ignore[arg-type]
    if not may or now == choices:
        return
    try:
        write_choices(home, now)
        st.toast("Saved; applies from the next question.")
    except MedciteError as error:
        st.html(markup.error_html(error))


def leaving(home: Home) -> dict[str, str]:
    """Return what is sent where."""
    host = sent_to(home)
    return {
        "Questions": f"sent to {host}, with the passages that may answer them"
        if host
        else "stay on this computer",
        "PubMed queries": "sent to NCBI when you fetch by query on the Literature page",
        "Use of Medcite": "not reported to anyone",
    }


def _room(home: Home) -> dict[str, str]:
    used = {name: size(count) for name, count in sizes(home).items() if count}
    free = size(shutil.disk_usage(home.root).free) if home.root.exists() else "unknown"
    return {"Folder": str(home.root), **used, "Free on the disk": free}


def _diagnostics(library: Library) -> None:
    """Draw the checks of `medcite doctor`."""
    st.html("<h2>Diagnostics</h2>")
    state = st.session_state
    if st.button("Run the checks", icon=":material/stethoscope:"):
        with st.spinner("Checking everything Medcite needs…", show_time=False):
            state[_CHECKS] = examine(library.home, lambda: _encoder(library))
    if checks := state.get(_CHECKS):
        st.code(report(checks), language=None, wrap_lines=True)


def report(checks: list[HealthCheck]) -> str:
    """Render health checks as text to copy."""
    marks = {True: "ok ", False: "BAD", None: "?  "}
    return "\n".join(f"{marks[c.ok]} {c.name}: {c.said}" for c in checks)


def _encoder(library: Library) -> Encoder:
    """Return the loaded encoder, if any, else load the one the index was built with."""
    if library.ready:
        return library.assistant().searcher.encoder
    return load_encoder(operations.encoder_in_use(library.home) or DEFAULT_ENCODER)
