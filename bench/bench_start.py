"""How long a stack takes to start and to end: the first time in a folder, and again.

The environment and Kafka's jars are there already, as after `make setup`; the first start makes the cluster, the
schemas and the topics. Ready is when `endpoints.json` is there; ended is when the supervisor has, after its children.

    python -m bench.bench_start [--rounds 3]
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from winnow_local.running import start_stack


def measure(folder: Path) -> tuple[float, float]:
    """Seconds until a stack in this folder is ready, and then until it has ended."""
    began = time.perf_counter()
    stack = start_stack(folder, environment={})
    try:
        stack.wait_until_ready(within=120)
        ready = time.perf_counter()
    finally:
        stack.stop()
    return ready - began, time.perf_counter() - ready


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    first, _ = measure(folder)
    later = [measure(folder) for _ in range(options.rounds)]
    starts, stops = zip(*later, strict=True)
    print(
        f"first start {first:.1f} s, later ones {statistics.median(starts):.1f} s, "
        f"end {statistics.median(stops):.1f} s after Ctrl-C"
    )


if __name__ == "__main__":
    main()
