#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, small inputs of every form, into fuzz/seeds.

They are committed; run this again after adding a form: python3 fuzz/seeds.py
"""

import gzip
import io
import json
import pathlib
import struct
import zipfile

ROOT = pathlib.Path(__file__).parent / "seeds"

CHAT = [("human", "You see a desk.\n\nYour task is to: put a mug in desk."), ("gpt", "look")]
TURNS = [{"from": who, "value": text} for who, text in CHAT]
MESSAGES = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "look"}]
TASK = {"id": "t", "environment": "alfworld", "task_type": "x", "goal": "g", "split": "train"}
PDDL = """(define (problem p) (:domain alfred) (:objects agent1 - agent
 mug_bar_1 - object MugType - otype desk_bar_2 - receptacle DeskType - rtype loc1 - location)
 (:init (atLocation agent1 loc1) (receptacleAtLocation desk_bar_2 loc1)
 (receptacleType desk_bar_2 DeskType) (objectType mug_bar_1 MugType)
 (objectAtLocation mug_bar_1 loc1) (inReceptacle mug_bar_1 desk_bar_2)
 (canContain DeskType MugType) (pickupable mug_bar_1))
 (:goal (and (exists (?r - receptacle) (exists (?o - object) (and
 (receptacleType ?r DeskType) (objectType ?o MugType) (inReceptacle ?o ?r)))))))"""

RECORDS = {
    "agentgym": {"item_id": "alfworld_1", "conversations": TURNS},
    "alpaca": {"instruction": "Add.", "input": "2 and 2", "output": "4"},
    "atif": {"schema_version": "ATIF-v1.4", "session_id": "s", "agent": {"name": "a"}, "steps": [
        {"step_id": 1, "source": "user", "message": "Do it."},
        {"step_id": 2, "source": "agent", "message": "",
         "tool_calls": [{"function_name": "look", "arguments": {"at": 1}}],
         "observation": {"results": [{"content": "a desk"}]}}]},
    "inspect": {"id": 1, "epoch": 1, "input": "Do it.", "messages": MESSAGES,
                "scores": {"match": {"value": "C"}}},
    "messages": {"messages": MESSAGES},
    "sharegpt": {"conversations": TURNS},
    "scienceworld": {"task_name": "boil", "variation": 1, "task": "boil water", "score": 1.0,
                     "steps": [{"action": "look", "observation": "a stove"}]},
    "spans": {"context": {"trace_id": "a"}, "attributes": {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Hi",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "look"}},
    "otlp": {"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "a", "attributes": [
        {"key": "gen_ai.prompt", "value": {"stringValue": "Hi"}}]}]}]}]},
    "swe_agent": {"trajectory": [{"action": "ls", "observation": "a.py", "thought": "t"}],
                  "info": {"exit_status": "submitted"}, "history": []},
    "tau_bench": {"task_id": 1, "reward": 1.0, "traj": MESSAGES},
    "expert": {"id": "train/x", "task_type": "x", "task": "t", "won": True,
               "initial_observation": "A room.", "steps": [{"action": "look", "observation": "b"}]},
    "games": {"id": "g", "task_type": "x", "task": "t", "pddl_problem": PDDL},
    "release": {"pddl_domain": "", "pddl_problem": PDDL, "solvable": True,
                "grammar": '{"task": [{"rhs": "Your task is to: put a mug in desk."}]}'},
    "own": {"id": "1", "task": TASK, "source": "expert", "initial_observation": "A room.",
            "steps": [{"action": "look", "observation": "a desk", "reward": 0.0}], "end": "success"},
    "steps": {"episode": "e", "goal": "g", "observation": "o", "action": "a", "reward": 1},
}

TABLE = "episode,goal,seen,action,reward\ne1,find,\"a \"\"b\"\"\",look,0\ne1,find,\"[1]\",take,1\n"

TEMPLATES = {
    "loop": "{% for m in messages %}{{ m['role'] }}: {{ m.content | trim }}\n{% endfor %}",
    "macro": "{% macro t(x, y=1) %}{{ x ~ y }}{% endmacro %}{{ t('a') }}"
             "{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}",
    "filters": "{{ messages | map(attribute='content') | join(', ') | upper | replace('A', 'b') }}"
               "{{ [3, 1] | sort | tojson }}{{ 'a,b'.split(',')[0] }}{{ '%s' | format(1) }}",
    "tests": "{% if messages[0] is mapping and tools is none and loop is not defined %}"
             "{{ raise_exception('no') }}{% elif x %}{% else %}{{ bos_token }}{% endif %}",
}

CALLS = {
    "jobs": {"id": 1, "request": {"Job": "List"}},
    "submit": {"id": 2, "request": {"Job": {"Submit": {"title": "t", "work": {
        "kind": "measure", "model": "m"}}}}},
    "world": {"id": 3, "request": {"World": {"Begin": {"world": {"kind": "generated", "seed": 1,
        "small": True}, "task": "t"}}}},
    "settings": {"id": 4, "request": {"Settings": "Get"}},
    "reply": {"Reply": {"id": 1, "result": {"Ok": "Done"}}},
    "hello": {"event": "hello", "protocol": 1, "pid": 1, "build": "b"},
    "finished": {"event": "finished", "summary": "s"},
    "control": {"control": "enough", "id": 1},
    "question": {"id": 1, "question": {"Embed": {"embedder": "m", "texts": ["a"], "kind": "query"}}},
    "open": {"endpoint": "answered", "num_answered": 1},
}

JOB = {"version": 1, "id": "j", "title": "t", "experiment": None, "after": [], "resources": ["cpu"],
       "created_ms": 1, "code_version": "c", "threads": 1}
WORKS = {
    "import": {"kind": "import", "path": "/a", "dataset": "d", "name": "n", "columns": None},
    "fetch": {"kind": "fetch_model", "source": {"Hub": {"repo": "a/b", "revision": ""}}},
    "collect": {"kind": "collect", "world": {"kind": "generated", "seed": 1, "small": True},
                "unseen_types": [], "per_type": 1, "seed": 1, "max_steps": 9, "dataset": "d",
                "name": "n"},
    "bank": {"kind": "build_bank", "bank": "b", "name": "n", "datasets": ["d"], "embedder": "e"},
    "report": {"kind": "report", "experiment": "e"},
    "measure": {"kind": "measure", "model": "m"},
}

REPLIES = {
    "agentgym": b"\x01" + b"\n".join([
        b"{}", b'{"id": 3}', b'{"observation": "a desk", "goal": "find it"}',
        b'{"observation": "done", "reward": 1.0, "done": true, "valid_actions": ["look"]}']),
    "openenv": b"\x00" + b"\n".join([
        b'{"action": {"properties": {"message": {"type": "string"}}, "required": ["message"]}}',
        b'["env"]', b'[{"name": "train", "type": "train"}]', b'{"num_tasks": 2}']),
    "error": b"\x01" + b'{}\n{"error": "no room"}',
}

ANSWERS = {
    "said": {"choices": [{"message": {"role": "assistant", "content": "look\nThen"}, "finish_reason": "stop"}],
             "usage": {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}},
    "thought": {"choices": [{"message": {"content": "<think>Hm</think>look"}, "finish_reason": "length"}]},
    "refused": {"error": {"message": "'max_tokens' is not supported", "param": "max_tokens"}},
    "detail": {"detail": "key sk-42 is not known"},
}
REQUESTS = {
    "plain": {"model": "tiny", "messages": MESSAGES, "temperature": 0, "max_tokens": 5},
    "parts": {"model": "tiny", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "a"}]}], "stop": ["x"], "stream": True,
        "stream_options": {"include_usage": True}, "seed": -1, "n": 1, "top_p": 0.5},
}
FRAMES = {
    "hello": {"say": "hello", "version": 1, "token": "t"},
    "part": {"say": "part", "step": 1, "pass": 0, "loss": 0.5},
    "adapter": {"say": "adapter", "step": 1},
    "pass": {"say": "pass", "step": 1, "pass": 0, "weight": 0.5, "lengths": [2, 1], "seeds": [7, 8]},
    "still": {"say": "still"},
    "dismissed": {"say": "dismissed", "why": "too late"},
}


def put(target, name, content):
    folder = ROOT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def zipped(name, content, method):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        # A fixed time, so that the bytes are the same each time.
        archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, method)
    return memory.getvalue()


def framed(header, numbers):
    header = json.dumps(header).encode()
    return struct.pack("<IQ", len(header), len(numbers)) + header + numbers


def main():
    lines = "\n".join(json.dumps(record) for record in RECORDS.values())
    for name, record in RECORDS.items():
        put("import_json", name, json.dumps(record))
    put("import_json", "array", "[%s]" % ",".join(json.dumps(r) for r in list(RECORDS.values())[:3]))
    put("import_json", "object", json.dumps(RECORDS["messages"], indent=1))
    put("import_table", "told", "\x00" + TABLE)
    put("import_table", "guessed", "\x01" + TABLE.replace(",", "\t"))
    put("import_packed", "gzip", gzip.compress(lines.encode(), mtime=0))
    put("import_packed", "stored", zipped("a.jsonl", lines[:2000], zipfile.ZIP_STORED))
    put("import_packed", "deflated", zipped("a/b.csv", TABLE, zipfile.ZIP_DEFLATED))
    put("import_packed", "both", zipped("c.gz", gzip.compress(b"{}", mtime=0), zipfile.ZIP_STORED))
    for name, template in TEMPLATES.items():
        put("chat_template", name, template)
    put("game", "bare", PDDL)
    put("game", "own", json.dumps(RECORDS["games"]))
    put("game", "official", json.dumps(RECORDS["release"]))
    for name, call in CALLS.items():
        put("protocol", name, json.dumps(call))
    for name, work in WORKS.items():
        put("job_file", name, json.dumps({**JOB, "work": work}))
    for name, reply in REPLIES.items():
        put("server_reply", name, reply)
    for name, answer in ANSWERS.items():
        put("model_answer", name, json.dumps(answer))
    for name, request in REQUESTS.items():
        body = json.dumps(request)
        put("endpoint_request", name, body)
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        put("endpoint_request", name + "-http", head + body)
    for name, header in FRAMES.items():
        numbers = {"hello": b"", "still": b"", "dismissed": b""}.get(name, bytes(12))
        put("crew", name, framed(header, numbers))


main()
