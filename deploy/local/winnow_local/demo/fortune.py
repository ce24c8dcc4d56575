"""The thousand largest companies of the United States by revenue, as one CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = "fortune1000/Fortune_1000.csv"

_MILLION = 1_000_000


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The companies of the file at `path`, as rows of an import."""
    with path.open(encoding="utf-8", newline="") as file:
        for source in csv.DictReader(file):
            yield _row(source)


def _row(source: Mapping[str, str]) -> dict[str, Any]:
    """Money stands there in millions, with one decimal."""
    return {
        "domain": source["Website"],
        "name": source["company"],
        "industry": source["sector"],
        "employees": int(source["num. of employees"]),
        "revenue": round(float(source["revenue"]) * _MILLION),
        "city": source["city"],
        "region": source["state"],
        "country": "United States",
        "status": "Public" if source["Ticker"] else "Active",
        "signals": [signal for signal, column in _SIGNALS.items() if source[column] == "yes"],
        "custom": {"rank": int(source["rank"])},
    }


_SIGNALS = {"profitable": "profitable", "new on the list": "newcomer", "led by a founder": "ceo_founder"}
