"""Starts llama.cpp's own HTTP server with a GGUF file, says where it is, and serves until its input closes.

    cargo xtask reference llama_cpp_server --model ~/.cache/lorekeeper/models/smollm2-135m-instruct/*.gguf

With it, the test `a_llama_cpp_server_plays_an_arm` in tests/tests/served_models.rs plays on a real counterpart:

    LOREKEEPER_TEST_SERVER=http://127.0.0.1:8455 LOREKEEPER_TEST_SERVER_KEY=sk-llama cargo xtask test
"""

import argparse
import sys

import xllamacpp


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, default=8455)
    parser.add_argument("--key", default="sk-llama")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    params = xllamacpp.CommonParams()
    params.model.path = args.model
    params.hostnames = ["127.0.0.1"]
    params.port = args.port
    params.api_keys = [args.key]
    params.n_parallel = 4
    params.n_ctx = 4 * 8192
    params.cpuparams.n_threads = args.threads
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


main()
