"""The process that holds a llama.cpp server; started by `llama_backend`, which ends it.

A process of its own, though xllamacpp could run in ours: what llama.cpp cannot go on from (a
damaged file, no GPU memory left) ends its process, which must not be the user's; and all memory
is given back when it ends. It lives as long as its standard input is open, so it dies with its
parent however that ends.

Run as `python -m agent.models.llama_server`; the first line of standard input is its settings as
JSON, the key among them, which no other process can see there.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Load the model, say where the server listens, and wait for standard input to end."""
    import xllamacpp

    settings = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]  # a page open in a browser could call loopback too
    params.cors_origins = params.hostnames[0]
    params.n_ctx = settings["window"]
    params.n_batch = params.n_ubatch = 512  # a request is seen to be cancelled after each batch
    params.n_gpu_layers = settings["gpu_layers"]
    params.n_parallel = 1
    params.cache_prompt = True
    # Layers with local attention forget what lies before their window; from these copies of it a
    # prefix is taken up again. Each costs memory, and the catalogue counts on this many.
    params.n_ctx_checkpoints = settings["checkpoints"]
    params.cache_ram_mib = 0
    params.fit_params = False
    params.ui = False
    params.offline = True
    params.ctx_shift = False
    params.verbosity = settings["verbosity"]
    # Reasoning is split by `gemma.ThinkingSplitter`, for all backends alike.
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    if settings["chat_template"]:
        params.chat_template = settings["chat_template"]
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # llama.cpp's own teardown can take long, and there is nothing to save


if __name__ == "__main__":
    main()
