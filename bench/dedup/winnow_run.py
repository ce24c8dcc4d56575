"""Winnow on one file, as the pipeline does it: reads rows, finds those of one person, and says what it took.

python -m bench.dedup.winnow_run rows.ndjson survivors.npy
"""

import json
import sys
import time
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
from winnow_pipeline.matching.clustering import clustered, model_for
from winnow_pipeline.matching.features import features_of
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.records import Records


def main() -> None:
    """Cluster the file."""
    started = time.perf_counter()
    records = Records()
    with Path(sys.argv[1]).open("rb") as lines:
        while block := [orjson.loads(line) for line in islice(lines, 1_000)]:
            records.add({field: [row.get(field) for row in block] for field in MatchField})
    features = features_of(records)
    found = clustered(features, model=model_for(features))
    seconds = time.perf_counter() - started
    np.save(sys.argv[2], found.survivor)
    peak = _peak()
    print(json.dumps({"seconds": seconds, "peak": peak}))


def _peak() -> int:
    """Bytes; what getrusage says of a program that was started includes what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
