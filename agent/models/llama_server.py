"""The process that runs a llama.cpp server; `llama_backend` starts and ends it.

It is a separate process, although xllamacpp could run in ours: errors that llama.cpp cannot recover
from (a damaged file, no GPU memory left) end its process, which must not be the user's, and all
memory is released when it ends. It exits when its standard input closes, so it never outlives its
parent.

Run as `python -m agent.models.llama_server`; the first line of standard input is the settings as
JSON, including the key, which no other process can read there.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Load the model, print the server's address, and wait for standard input to close."""
    import xllamacpp

    settings = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]  # web pages can call loopback too
    params.cors_origins = params.hostnames[0]
    params.n_ctx = settings["window"]
    params.n_batch = params.n_ubatch = 512  # cancellation is noticed after each batch
    params.n_gpu_layers = settings["gpu_layers"]
    params.n_parallel = 1
    params.cache_prompt = True
    # Layers with local attention drop what lies before their window; these copies of it let a
    # prefix be reused. Each costs memory, and the catalogue accounts for this many.
    params.n_ctx_checkpoints = settings["checkpoints"]
    params.cache_ram_mib = 0
    params.fit_params = False
    params.ui = False
    params.offline = True
    params.ctx_shift = False
    params.verbosity = settings["verbosity"]
    # `splitting.ThinkingSplitter` splits off the reasoning, for all backends alike.
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    if settings["chat_template"]:
        params.chat_template = settings["chat_template"]
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # llama.cpp's own teardown can be slow, and there is nothing to save


if __name__ == "__main__":
    main()
