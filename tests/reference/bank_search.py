"""Searches the vectors of `cargo xtask bench bank` through LanceDB's Python package and FAISS.

Usage: bank_search.py KEYS QUESTIONS SUCCESS DIM K
KEYS and QUESTIONS are little-endian f32, SUCCESS one byte a key. Prints one JSON object with, for
each engine, the milliseconds of a question (p50, p99) and recall@K against exact search.
"""

import json
import os
import sys
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")

import faiss
import lancedb
import numpy
import pyarrow

# As in lore_bank: nodes looked at to place one, nodes kept in view by a search, and how many times the rows
# wanted are compared exactly afterwards.
EF_CONSTRUCTION, EF, REFINE = 150, 200, 3


def timed(ask, questions):
    """Asks each question once to warm up and once for the clock."""
    times, answers = [], []
    for question in questions:
        ask(question)
        began = time.perf_counter()
        answers.append(ask(question))
        times.append((time.perf_counter() - began) * 1e3)
    return numpy.percentile(times, 50), numpy.percentile(times, 99), answers


def recall(answers, keys, questions, worst):
    found = 0
    for answer, question, bound in zip(answers, questions, worst):
        ids = [i for i in answer if i >= 0]
        found += int((keys[ids] @ question >= bound - 1e-5).sum())
    return found / sum(len(answer) for answer in answers)


def worst_of_best(keys, questions, allowed, k):
    """The K-th best score of each question, by comparing every key."""
    bounds = []
    for question in questions:
        scores = keys @ question
        scores[~allowed] = -numpy.inf
        bounds.append(numpy.partition(scores, -k)[-k])
    return bounds


def main():
    keys_path, questions_path, success_path, dim, k = sys.argv[1:]
    dim, k = int(dim), int(k)
    keys = numpy.fromfile(keys_path, dtype="<f4").reshape(-1, dim)
    questions = numpy.fromfile(questions_path, dtype="<f4").reshape(-1, dim)
    success = numpy.fromfile(success_path, dtype=numpy.uint8).astype(bool)
    everything = numpy.ones(len(keys), dtype=bool)
    result = {"lancedb": {}, "faiss": {}}

    with tempfile.TemporaryDirectory() as folder:
        schema = pyarrow.schema(
            [
                ("id", pyarrow.int64()),
                ("success", pyarrow.bool_()),
                ("vector", pyarrow.list_(pyarrow.float32(), dim)),
            ]
        )
        table = lancedb.connect(folder).create_table("bank", schema=schema)
        began = time.perf_counter()
        for start in range(0, len(keys), 4096):
            part = slice(start, start + 4096)
            vectors = pyarrow.FixedSizeListArray.from_arrays(keys[part].ravel(), dim)
            ids = pyarrow.array(range(start, start + len(vectors)))
            columns = [ids, pyarrow.array(success[part]), vectors]
            table.add(pyarrow.Table.from_arrays(columns, schema=schema))
        result["lancedb"]["load"] = len(keys) / (time.perf_counter() - began)
        began = time.perf_counter()
        if len(keys) >= 20_000:
            graph = {"index_type": "IVF_HNSW_SQ", "num_partitions": 1}
            table.create_index(metric="dot", ef_construction=EF_CONSTRUCTION, **graph)
        result["lancedb"]["index"] = time.perf_counter() - began

        def ask(question, where=None):
            search = table.search(question).distance_type("dot").limit(k).select(["id", "_distance"])
            search = search.ef(EF).refine_factor(REFINE)
            if where:
                search = search.where(where, prefilter=True)
            return search.to_arrow()["id"].to_pylist()

        for name, where, allowed in [
            ("top-4", None, everything),
            ("top-4 of successes", "success = true", success),
        ]:
            bounds = worst_of_best(keys, questions, allowed, k)
            p50, p99, answers = timed(lambda q: ask(q, where), questions)
            result["lancedb"][f"{name} p50"] = p50
            result["lancedb"][f"{name} p99"] = p99
            result["lancedb"][f"{name} recall@{k}"] = recall(answers, keys, questions, bounds)

    index = faiss.IndexHNSWSQ(
        dim, faiss.ScalarQuantizer.QT_8bit, 20, faiss.METRIC_INNER_PRODUCT
    )
    index.hnsw.efConstruction = EF_CONSTRUCTION
    index.train(keys)
    index.add(keys)
    for name, allowed in [("top-4", everything), ("top-4 of successes", success)]:
        selector = faiss.IDSelectorBatch(numpy.flatnonzero(allowed))
        parameters = faiss.SearchParametersHNSW(efSearch=EF, sel=selector)

        def ask(question):
            found = index.search(question[None], REFINE * k, params=parameters)[1][0]
            found = found[found >= 0]
            best = numpy.argsort(-(keys[found] @ question))[:k]
            return found[best].tolist()

        bounds = worst_of_best(keys, questions, allowed, k)
        p50, p99, answers = timed(ask, questions)
        result["faiss"][f"{name} p50"] = p50
        result["faiss"][f"{name} p99"] = p99
        result["faiss"][f"{name} recall@{k}"] = recall(answers, keys, questions, bounds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
