"""Exact, explainable neighbours against the fastest inexplicable ones: our similarity and a flat index of faiss.

faiss compares a vector of 64 numbers with all others and gives the ten largest inner products; what the numbers mean
nobody can say. Ours gives the nearest customers by nine factors with the similarity to each of them in each factor
(`nearest`), or the whole answer: score, percentile, the lines of its breakdown, similar customers with what they share,
sentences (`answer`). Both are exact, look at all customers, and use one thread. All factors have their default
weights: fitted ones may be nought, and what weighs nothing takes no time. Companies are made up; what they are like is
said in `bench.similarity.companies`. What is compared is CPU time, the median of two hundred different queries in
alternating rounds, so that a busy machine does not decide.

    python -m bench.bench_similarity [--sizes 10000 100000 1000000] [--rounds 5]
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

JUDGED = 100_000
GROWTH = 11

Figures = Mapping[str, float]


def measured(count: int, *, rounds: int, folder: Path) -> Figures:
    """What there is to know of one size."""
    path = folder / f"{count}.model"
    found = {**_in_process("build", count, path), **_in_process("ask", count, path, str(rounds))}
    path.unlink()
    return found


def _in_process(task: str, count: int, path: Path, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.similarity.measuring", task, str(count), str(path), *arguments]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=one_thread)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def show(count: int, figures: Figures) -> None:
    ms = {name: 1000 * figures[name] for name in ("faiss", "nearest", "answer")}
    mb = {name: figures[name] / 1e6 for name in ("arrays", "memory", "faiss memory", "peak", "bytes")}
    print(
        f"{count:,} customers: faiss {ms['faiss']:.2f}, nearest {ms['nearest']:.2f}, answer {ms['answer']:.2f} ms\n"
        f"  memory: columns and terms {mb['arrays']:,.0f} MB, with profiles and all {mb['memory']:,.0f} MB; "
        f"faiss {mb['faiss memory']:,.0f} MB\n"
        f"  model: built in {figures['build']:.1f} s with {mb['peak']:,.0f} MB at most, written in "
        f"{figures['write']:.2f} s ({mb['bytes']:,.0f} MB), read in {figures['read']:.2f} s",
        flush=True,
    )


def show_growth(found: Mapping[int, Figures]) -> None:
    sizes = sorted(found)
    for smaller, larger in pairwise(sizes):
        times = [found[larger][name] / found[smaller][name] for name in ("nearest", "answer", "build")]
        print(
            f"{larger:,} / {smaller:,} customers: nearest {times[0]:.1f}, answer {times[1]:.1f}, build {times[2]:.1f} "
            f"times (goal: at most {GROWTH} where customers are ten times as many)"
        )


def main() -> None:
    """Measure each size, print the figures, growth, and the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, JUDGED, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    found: dict[int, Figures] = {}
    with TemporaryDirectory() as folder:
        for count in arguments.sizes:
            found[count] = measured(count, rounds=arguments.rounds, folder=Path(folder))
            show(count, found[count])
    show_growth(found)
    judged = JUDGED if JUDGED in found else max(found)
    figures = found[judged]
    print(f"nearest / faiss at {judged:,} customers: {figures['nearest'] / figures['faiss']:.2f}")
    print(f"answer / faiss at {judged:,} customers: {figures['answer'] / figures['faiss']:.2f} (goal: at most 1)")


if __name__ == "__main__":
    main()
