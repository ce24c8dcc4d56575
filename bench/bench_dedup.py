"""Rows of one person, found by Winnow and by Splink on the same rows: F1 over pairs, seconds, memory.

Each runs in a process of its own, Splink in an environment of its own that is made at the first run (`--install`).
Winnow's F1 is that of its one shipped configuration. Splink's is the best over all thresholds, chosen on the truth, of
its pairs or of its clusters; beside it stands what its clusters are at one threshold for all sets.

    python -m bench.bench_dedup [--people 100000] [--sets fake_1000 febrl_3 ...] [--without-splink]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
from pyarrow import parquet

from bench.dedup import people
from bench.dedup.quality import Integers, Quality, best_of_splink, of_clusters, quality_of
from bench.dedup.truth_sets import TRUTH_SETS

ENVIRONMENT = Path(__file__).with_name("results") / "splink"
AT = 0.9
"""The threshold at which Splink's clusters are timed."""
REQUIRED = ("splink>=5,<6", "pyarrow")


@dataclass(frozen=True, slots=True)
class Rows:
    """A set of rows, and who is who."""

    columns: Mapping[str, Sequence[str | None]]
    persons: Integers
    sources: Integers | None


def rows_of(name: str) -> Rows:
    """A truth set, or so many synthetic people."""
    if name in TRUTH_SETS:
        truth = TRUTH_SETS[name]()
        sources = None if truth.sources is None else np.array(truth.sources)
        return Rows(truth.columns, np.array(truth.persons), sources)
    columns: dict[str, list[str | None]] = {field: [] for field in people.FIELDS}
    persons: list[int] = []
    for block in people.blocks(int(name)):
        for person, row in block:
            persons.append(person)
            for field, value in zip(people.FIELDS, row, strict=True):
                columns[field].append(value)
    return Rows(columns, np.array(persons), None)


def run(command: Sequence[str]) -> dict[str, float]:
    """What a program says on its last line."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def compare(name: str, folder: Path, *, with_splink: bool) -> None:
    """One line: both on the same rows."""
    rows = rows_of(name)
    source = folder / f"{name}.ndjson"
    with source.open("wb") as file:
        for values in zip(*rows.columns.values(), strict=True):
            file.write(orjson.dumps(dict(zip(rows.columns, values, strict=True))) + b"\n")
    here = run([sys.executable, "-m", "bench.dedup.winnow_run", str(source), str(folder / "ours.npy")])
    own = quality_of(np.load(folder / "ours.npy"), rows.persons, sources=rows.sources)
    line = f"{name:>14}, {len(rows.persons):>9,} rows: {own}, {here['seconds']:.1f} s, {here['peak'] / 2**20:.0f} MB"
    if with_splink:
        line += f"; {_splink(rows, folder, own, here)}"
    print(line, flush=True)


def _splink(rows: Rows, folder: Path, own: Quality, here: Mapping[str, float]) -> str:
    out = folder / "splink"
    out.mkdir(exist_ok=True)
    for path in out.glob("*.parquet"):
        path.unlink()
    source = folder / "rows.parquet"
    numbered = {"row": pa.array(np.arange(len(rows.persons)))}
    parquet.write_table(pa.table(numbered | {name: pa.array(texts) for name, texts in rows.columns.items()}), source)
    program = Path(__file__).with_name("dedup") / "splink_run.py"
    small = ["small"] if len(rows.persons) <= 20_000 else []
    there = run([str(ENVIRONMENT / "bin" / "python"), str(program), str(source), str(out), *small])
    best, where = best_of_splink(out, rows.persons, sources=rows.sources)
    against = f"F1 {own.f1 - best.f1:+.4f}, {there['seconds'] / here['seconds']:.1f}x the speed"
    memory = f"{here['peak'] / there['peak']:.2f}x the memory"
    at_one = {place: found for found, place in of_clusters(out, rows.persons, rows.sources)}[f"clusters at {AT}"]
    what = f"Splink {best} ({where}; F1 {at_one.f1:.4f} at {AT})"
    what += f", {there['seconds']:.1f} s, {there['peak'] / 2**20:.0f} MB"
    return f"{what}: {against}, {memory}"


def install() -> None:
    """Splink, in an environment of its own."""
    if not (ENVIRONMENT / "bin" / "python").exists():
        venv.create(ENVIRONMENT, with_pip=True)
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", *REQUIRED]
    subprocess.run(command, check=True)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, nargs="*", default=[100_000])
    parser.add_argument("--sets", nargs="*", choices=tuple(TRUTH_SETS), default=list(TRUTH_SETS))
    parser.add_argument("--without-splink", action="store_true")
    options = parser.parse_args()
    if not options.without_splink:
        install()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        for name in [*options.sets, *map(str, options.people)]:
            compare(name, Path(folder), with_splink=not options.without_splink)


if __name__ == "__main__":
    main()
