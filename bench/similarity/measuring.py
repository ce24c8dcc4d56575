"""What `bench_similarity` does in processes of its own, so that memory is that of one size alone.

python -m bench.similarity.measuring build 100000 /tmp/model     builds a model and writes it down
python -m bench.similarity.measuring ask 100000 /tmp/model 5     reads it, and asks it and faiss in turns
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np
import orjson
import psutil
from winnow_contracts.similarity import Reference
from winnow_scoring.similarity import archive
from winnow_scoring.similarity.building import Customer, build
from winnow_scoring.similarity.comparing import compare
from winnow_scoring.similarity.factors import DEFAULT_WEIGHTS
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import nearest
from winnow_scoring.similarity.traits import traits_of

from bench.similarity.companies import companies

POPULATION = 1_000
QUERIES = 100
DIMENSIONS, NEIGHBOURS = 64, 10
TODAY = date(2026, 3, 1)


def built(count: int, path: Path) -> dict[str, float]:
    """Build the model of so many customers and write it to a file; how long each took."""
    customers = [
        Customer(f"customer-{number:07}.example", 1.0, orjson.dumps(company).decode())
        for number, company in enumerate(companies(count, seed=1, customers=True))
    ]
    population = [orjson.dumps(company).decode() for company in companies(POPULATION, seed=2, customers=False)]
    reference = Reference(name="directory", size=POPULATION)
    started = time.process_time()
    model = build(customers, population=population, reference=reference, version=1)
    seconds = time.process_time() - started
    model = by_all_factors(model)
    started = time.process_time()
    data = b"".join(archive.write(model))
    writing = time.process_time() - started
    path.write_bytes(data)
    return {"build": seconds, "write": writing, "bytes": len(data), "peak": _peak()}


def by_all_factors(model: Model) -> Model:
    """The model with the default weights: fitted ones may be nought, and what weighs nothing takes no time."""
    parts: dict[str, Any] = {name: getattr(model, name) for name in Model.__slots__}
    return Model(**{**parts, "weights": DEFAULT_WEIGHTS})


def asked(count: int, path: Path, *, rounds: int) -> dict[str, float]:
    """Seconds of CPU for a query, the median of many different ones, and what each needs of memory in bytes."""
    data = path.read_bytes()
    before, started = _memory(), time.process_time()
    model = archive.read(data)
    del data
    reading, ours = time.process_time() - started, _memory() - before
    strangers = [*companies(QUERIES, seed=3, customers=False), *companies(QUERIES, seed=3, customers=True)]
    traits = [traits_of(company) for company in strangers]
    before = _memory()
    index = flat_index(count)
    theirs = _memory() - before
    vectors = unit_vectors(2 * QUERIES, seed=2)
    contestants: dict[str, tuple[Callable[[Any], Any], Sequence[Any]]] = {
        "faiss": (lambda vector: index.search(vector, NEIGHBOURS), np.split(vectors, len(vectors))),
        "nearest": (lambda each: nearest(model, each), traits),
        "answer": (
            lambda company: compare(model, company, domain="stranger.example", as_of=TODAY, today=TODAY),
            strangers,
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, (ask, questions) in contestants.items():
            times[name] += [_seconds(ask, question) for question in questions]
    found = {name: median(seconds) for name, seconds in times.items()}
    return found | {"read": reading, "memory": ours, "faiss memory": theirs, "arrays": array_bytes(model)}


def flat_index(count: int) -> Any:
    """So many random vectors in an index that compares with each of them, in one thread."""
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(DIMENSIONS)
    for part in range(0, count, 100_000):
        index.add(unit_vectors(min(100_000, count - part), seed=part + 10))
    return index


def unit_vectors(count: int, *, seed: int) -> Any:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def array_bytes(model: Model) -> int:
    """What is read for a query: columns and lists of terms, not the profiles."""
    arrays: list[Any] = [column.codes for column in model.columns.values()]
    for space in (model.technologies, model.words):
        arrays += [space.index.starts, space.index.customers, space.index.values, space.index.known]
    return sum(array.nbytes for array in [*arrays, model.customers.weights, model.topic.direction])


def _seconds(ask: Callable[[Any], Any], question: Any) -> float:
    started = time.process_time()
    ask(question)
    return time.process_time() - started


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)


def _peak() -> int:
    """The most memory that the process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(task: str, count: str, path: str, rounds: str = "1") -> None:
    found = built(int(count), Path(path)) if task == "build" else asked(int(count), Path(path), rounds=int(rounds))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
