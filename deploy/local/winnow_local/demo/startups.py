"""A public directory of start-ups: `companies.csv`, and `job_postings.csv` for what they build with.

The skills that a company asks for in its postings stand for its technologies; that it has postings, for the signal
`hiring`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = "yc_companies_dev"

_COUNTRIES = {"USA": "United States"}
_NO_PLACE = {"", "Remote"}
_NO_INDUSTRY = {"", "Unspecified"}


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The companies of `folder`, as rows of an import."""
    skills = _skills(folder / "job_postings.csv")
    with (folder / "companies.csv").open(encoding="utf-8", newline="") as file:
        for source in csv.DictReader(file):
            yield _row(source, technologies=sorted(skills.get(source["id"], ())))


def _row(source: Mapping[str, str], *, technologies: list[str]) -> dict[str, Any]:
    industry = source["industry"]
    return {
        "domain": source["website"],
        "name": source["name"],
        "description": source["one_liner"],
        "industry": None if industry in _NO_INDUSTRY else industry,
        "employees": int(source["team_size"]) if source["team_size"].isdecimal() else None,
        "funding_stage": source["stage"] or None,
        "status": source["status"] or None,
        "technologies": technologies,
        "signals": ["hiring"] if source["isHiring"] == "True" else [],
        "tags": _elements(source["tags"]),
        "custom": {"batch": source["batch"]},
    } | _place(source["all_locations"])


def _place(locations: str) -> dict[str, str]:
    """City, region and country of the first of "New York, NY, USA; London, England, United Kingdom; Remote"."""
    for location in _elements(locations):
        if location in _NO_PLACE:
            continue
        parts = [part.strip() for part in location.split(",")]
        country = _COUNTRIES.get(parts[-1], parts[-1])
        region = {"region": parts[-2]} if len(parts) > 2 else {}
        return {"city": parts[0], "country": country} | region
    return {}


def _skills(path: Path) -> Mapping[str, set[str]]:
    """The skills asked for, by the id of the company."""
    skills: defaultdict[str, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for posting in csv.DictReader(file):
            skills[posting["company_id"]].update(_elements(posting["skills"]))
    return skills


def _elements(text: str) -> list[str]:
    return [element.strip() for element in text.split(";") if element.strip()]
