"""What the demo loads: rows that the import takes as they are, from wherever there are some."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from winnow_local.demo import fortune, sample_companies, startups

Row = Mapping[str, Any]
"""The attributes of a company as `PUT /v1/companies/{domain}` has them, and its `domain`."""

DATA_VARIABLE = "WINNOW_DATA"
_REPOSITORY = Path(__file__).parents[4]
DEFAULT_DATA = _REPOSITORY.parent / "shared" / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Companies of one kind; `rows` may be read again and again."""

    name: str
    rows: Callable[[], Iterator[Row]]

    def write(self, path: Path) -> int:
        """Write the rows as NDJSON; returns how many."""
        count = 0
        with path.open("w", encoding="utf-8") as file:
            for row in self.rows():
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        return count


def find_datasets(environment: Mapping[str, str] = os.environ) -> tuple[str, list[Dataset]]:
    """A sentence that says what is used, and the data: real companies where the folder is there, else invented ones."""
    folder = Path(environment.get(DATA_VARIABLE) or os.path.relpath(DEFAULT_DATA))
    real = (
        Dataset(name="start-ups", rows=partial(startups.read, folder / startups.FOLDER)),
        Dataset(name="large companies", rows=partial(fortune.read, folder / fortune.FILE)),
    )
    if (folder / startups.FOLDER).is_dir() and (folder / fortune.FILE).is_file():
        return f"Real companies from {folder}", list(real)
    missing = f"{folder} has no real companies ({DATA_VARIABLE} names another folder)"
    return f"{missing}, so these are invented", [Dataset(name="companies", rows=sample_companies.generate)]
