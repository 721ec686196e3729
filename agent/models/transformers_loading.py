"""Load models for `transformers_backend` from hub names, folders and GGUF files.

transformers 5.23 keeps GGUF weights packed for only a few architectures, not for Gemma 3, whose
files are unpacked when loaded and then need as much memory as the full model.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from transformers import PreTrainedConfig, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from agent.models.gguf_file import GgufHeader, read_header
from agent.models.transformers_backend import TransformersBackend, memory_error
from corpora.errors import ModelAccess, ModelDamaged, ModelError, ModelNotFound

_GATED = re.compile(r"gated repo|awaiting a review|access to model", re.IGNORECASE)
# Models with more parameters than this stay in bfloat16 on a CPU too.
_LARGE = 3e9


def load(
    source: str,
    *,
    gguf: str | None = None,
    four_bit: bool = False,
    window: int | None = None,
    compiled: bool | None = None,
) -> TransformersBackend:
    """Load a model and its tokenizer.

    Args:
        source: a hub name or a folder.
        gguf: the name of a GGUF file in the folder.
        four_bit: quantise to 4 bits while loading (needs bitsandbytes).
        compiled: None compiles on a GPU only.

    Raises:
        ModelNotFound: there is no such model, or a package to load it is not installed.
        ModelAccess: the licence was not accepted, or there is no token.
        ModelDamaged: the model's files cannot be loaded.
        ModelOutOfMemory: the model does not fit into memory.
    """
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    on_gpu = torch.cuda.is_available()
    name = Path(gguf).stem if gguf else source.rstrip("/").rsplit("/", 1)[-1]
    with _loading_errors(name, source), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        location = {"gguf_file": gguf} if gguf else {}
        header = read_header(Path(source) / gguf) if gguf else None
        config = transformers.AutoConfig.from_pretrained(source, **location)
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, **location)
        if header:
            complete(config, tokenizer, header)
        settings: dict[str, Any] = {**location, "config": config}
        settings["dtype"] = number_type(config, on_gpu=on_gpu)
        if on_gpu or torch.backends.mps.is_available():
            settings["device_map"] = "auto"
        if four_bit:
            settings["quantization_config"] = transformers.BitsAndBytesConfig(
                load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16
            )
        model = transformers.AutoModelForCausalLM.from_pretrained(source, **settings)
    return TransformersBackend(
        model,
        cast("PreTrainedTokenizerFast", tokenizer),
        name,
        window=window,
        compiled=on_gpu if compiled is None else compiled,
    )


def complete(
    config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase, header: GgufHeader
) -> None:
    """Set what transformers 5.23 may omit when it reads a GGUF file: the tokens that begin and end
    a text; and for Gemma 3 the scale of attention scores and the scaling of positions, without
    which the 27B is computed wrongly.
    """
    for name in ("bos", "eos"):
        token = header.metadata.get(f"tokenizer.ggml.{name}_token_id")
        if token is not None and getattr(tokenizer, f"{name}_token") is None:
            setattr(tokenizer, f"{name}_token", tokenizer.convert_ids_to_tokens(int(token)))
    if header.architecture != "gemma3":
        return
    config.query_pre_attn_scalar = header.query_scale()
    factor = header.rope_factor()
    if factor != 1.0:
        config.rope_parameters["full_attention"] |= {"rope_type": "linear", "factor": factor}


def number_type(config: PreTrainedConfig, *, on_gpu: bool) -> torch.dtype:
    """bfloat16 on a GPU and for large models; otherwise float32, which is faster on most CPUs."""
    text = config.get_text_config()
    size = 12 * text.num_hidden_layers * text.hidden_size**2
    return torch.bfloat16 if on_gpu or size > _LARGE else torch.float32


@contextmanager
def _loading_errors(name: str, source: str) -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        raise ModelNotFound(
            f"{name} needs a package that is not installed ({error}).".replace("\n", " "),
            "Install it: pip install 'medcite[model]'.",
        ) from error
    except Exception as error:
        if out_of_memory := memory_error(name, error):
            raise out_of_memory from error
        reason = " ".join(str(error).split())[:300]
        if _GATED.search(reason):
            raise ModelAccess(
                f"{name} is available only to users who accepted its terms ({reason}).",
                "Accept them on the model's page on the hub, then log in: hf auth login.",
            ) from error
        if isinstance(error, OSError) and not Path(source).is_dir():
            raise ModelNotFound(
                f"{name} is neither a model on this machine nor available on the hub ({reason}).",
                "Check its name and the network.",
            ) from error
        raise ModelDamaged(
            f"{name} cannot be loaded ({type(error).__name__}: {reason}).",
            "Get it again, or from another source.",
        ) from error
