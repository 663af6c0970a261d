"""llama.cpp's side of `cargo xtask bench prefill` and `bench decode`.

    pip install llama-cpp-python
    cargo xtask bench prefill -- --reference "$(which python)"

Arguments: a GGUF file, a number of threads, and, where its server is asked as well, the program
`llama-server`. Every line on stdin asks for one measurement, every line on stdout answers with its
seconds, so that both sides take turns on the same machine:

    prefill TOKENS                  reads a prompt, logits of its last token
    decode PROMPT STEPS LANES       after a prompt that all lanes share, STEPS tokens for each lane
    serve PROMPT STEPS LANES        the same from llama.cpp's server: LANES requests at once, each to a slot of
                                    its own that keeps the prompt from the turn before
"""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import llama_cpp as ll

CHUNK = 512
MAX_LANES = 16


class Model:
    def __init__(self, path, threads):
        ll.llama_backend_init()
        self.model = ll.llama_model_load_from_file(path.encode(), ll.llama_model_default_params())
        params = ll.llama_context_default_params()
        params.n_ctx = 8192
        params.n_batch = params.n_ubatch = CHUNK
        params.n_seq_max = MAX_LANES
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True
        self.context = ll.llama_init_from_model(self.model, params)
        self.memory = ll.llama_get_memory(self.context)
        vocab = ll.llama_model_get_vocab(self.model)
        self.num_tokens = ll.llama_vocab_n_tokens(vocab)
        self.batch = ll.llama_batch_init(CHUNK, 0, 1)

    def decode(self, entries):
        """One call of llama_decode for (token, position, sequence, wants logits)."""
        self.batch.n_tokens = len(entries)
        for index, (token, position, sequence, wants_logits) in enumerate(entries):
            self.batch.token[index] = token
            self.batch.pos[index] = position
            self.batch.n_seq_id[index] = 1
            self.batch.seq_id[index][0] = sequence
            self.batch.logits[index] = wants_logits
        if ll.llama_decode(self.context, self.batch) != 0:
            sys.exit("llama_decode failed")
        ll.llama_synchronize(self.context)

    def read(self, num_tokens):
        ll.llama_memory_clear(self.memory, True)
        for start in range(0, num_tokens, CHUNK):
            end = min(start + CHUNK, num_tokens)
            positions = range(start, end)
            self.decode(
                [(p * 7919 % self.num_tokens, p, 0, p + 1 == num_tokens) for p in positions]
            )

    def prefill(self, num_tokens):
        began = time.perf_counter()
        self.read(num_tokens)
        return time.perf_counter() - began

    def write(self, prompt, steps, lanes):
        self.read(prompt)
        for lane in range(1, lanes):
            ll.llama_memory_seq_cp(self.memory, 0, lane, -1, -1)
        began = time.perf_counter()
        for step in range(steps):
            token = step * 31 % self.num_tokens
            self.decode([(token, prompt + step, lane, True) for lane in range(lanes)])
        return time.perf_counter() - began


class Server:
    """llama.cpp's own server with a slot for every lane."""

    def __init__(self, program, path, threads):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        arguments = ["--model", path, "--port", port, "--parallel", MAX_LANES, "--ctx-size", 40960]
        arguments += ["--threads", threads, "--threads-batch", threads]
        self.process = subprocess.Popen(
            [program, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/health").close()
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("llama-server ended")
                time.sleep(0.1)

    def complete(self, prompt, steps, slot):
        """Tokens written behind `prompt`, by the server's own count."""
        question = {"prompt": prompt, "n_predict": steps, "id_slot": slot, "cache_prompt": True}
        question |= {"ignore_eos": True, "temperature": 0}
        request = urllib.request.Request(
            f"{self.address}/completion",
            json.dumps(question).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)["tokens_predicted"]

    def serve(self, num_tokens, prompt, steps, lanes):
        tokens = [position * 7919 % num_tokens for position in range(prompt)]
        with ThreadPoolExecutor(lanes) as pool:
            began = time.perf_counter()
            written = list(pool.map(lambda slot: self.complete(tokens, steps, slot), range(lanes)))
            took = time.perf_counter() - began
        if written != [steps] * lanes:
            sys.exit(f"the server wrote {written} tokens")
        return took


def main():
    log = ll.llama_log_callback(lambda level, text, data: None)
    ll.llama_log_set(log, None)
    path, threads, *program = sys.argv[1:]
    model = Model(path, int(threads))
    measures = {"prefill": model.prefill, "decode": model.write}
    server = Server(*program, path, threads) if program else None
    if server:
        measures["serve"] = lambda *numbers: server.serve(model.num_tokens, *numbers)
    try:
        for line in sys.stdin:
            what, *numbers = line.split()
            print(measures[what](*map(int, numbers)), flush=True)
    finally:
        if server:
            server.process.kill()


main()
