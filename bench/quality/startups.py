"""A public directory of start-ups with what says their industry taken away, and the question that is asked of it.

Skills that a company asks for in its postings stand for its technologies; that it has postings, for a signal. What is
taken away (industry, subindustry, industries) is what tells who is of the customers' kind.
"""

import csv
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data")) / "yc_companies_dev"
CUSTOMERS = 50
FEWEST_OTHERS = 2
"""Companies of the kind that must be left to be found."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Directory:
    """The companies as every method sees them, and the subindustry of each, which none sees."""

    rows: Sequence[Row]
    kinds: Sequence[str]

    def questions(self, *, seeds: int) -> Iterator["Question"]:
        """Each subindustry that is large enough, with so many samples of customers."""
        members: defaultdict[str, list[int]] = defaultdict(list)
        for place, kind in enumerate(self.kinds):
            if kind:
                members[kind].append(place)
        for kind in sorted(members):
            if len(members[kind]) >= CUSTOMERS + FEWEST_OTHERS:
                for seed in range(seeds):
                    drawn = random.Random(f"{kind}{seed}").sample(members[kind], CUSTOMERS)
                    yield Question(kind, seed, sorted(drawn))


@dataclass(frozen=True, slots=True)
class Question:
    """The question which of the other companies are of the same kind as these customers."""

    kind: str
    seed: int
    customers: Sequence[int]

    def candidates(self, directory: Directory) -> list[int]:
        """All companies but the customers."""
        chosen = set(self.customers)
        return [place for place in range(len(directory.rows)) if place not in chosen]


@lru_cache(maxsize=1)
def read() -> Directory:
    """The companies of the directory."""
    skills = _skills(FOLDER / "job_postings.csv")
    with (FOLDER / "companies.csv").open(encoding="utf-8", newline="") as file:
        sources = list(csv.DictReader(file))
    return Directory(
        [_row(source, technologies=sorted(skills[source["id"]])) for source in sources],
        [source["subindustry"] for source in sources],
    )


def _row(source: Mapping[str, str], *, technologies: list[str]) -> Row:
    row = {
        "name": source["name"],
        "description": source["one_liner"],
        "employees": int(source["team_size"]) if source["team_size"].isdecimal() else None,
        "funding_stage": source["stage"],
        "status": source["status"],
        "technologies": technologies,
        "signals": ["hiring"] if source["isHiring"] == "True" else [],
        "tags": _elements(source["tags"]),
    } | _place(source["all_locations"])
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def _place(locations: str) -> dict[str, str]:
    """City, region and country of the first place that is one."""
    for location in _elements(locations):
        if location != "Remote":
            parts = [part.strip() for part in location.split(",")]
            region = {"region": parts[-2]} if len(parts) > 2 else {}
            return {"city": parts[0], "country": parts[-1]} | region
    return {}


def _skills(path: Path) -> defaultdict[str, set[str]]:
    skills: defaultdict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for posting in csv.DictReader(file):
            skills[posting["company_id"]].update(_elements(posting["skills"]))
    return skills


def _elements(text: str) -> list[str]:
    return [element.strip() for element in text.split(";") if element.strip()]
