"""A file of a hundred thousand companies with some bad rows, and what must be known after it was taken in."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUFFIX = "-import.com"
_BAD_EVERY = 1000
_AGAIN_EVERY = 200
_BAD = (
    b'{"domain": "broken',
    b'{"domain": "not a domain", "name": "Nowhere"}',
    b'{"domain": "wrong-type.com", "employees": "many"}',
    b'{"domain": "unknown-field.com", "colour": "red"}',
)


@dataclass(slots=True)
class CompaniesFile:
    """What was written and what follows from it."""

    path: Path
    rows: int
    rejected: set[int] = field(default_factory=set)
    """Lines of bad rows."""
    companies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last good row of each domain."""

    @property
    def imported(self) -> int:
        """How many rows are good."""
        return self.rows - len(self.rejected)


def write_companies(path: Path, *, rows: int) -> CompaniesFile:
    """Write NDJSON: every thousandth row is bad, and in the second half some companies come again, changed."""
    file = CompaniesFile(path, rows)
    with path.open("wb") as output:
        for number in range(1, rows + 1):
            if number % _BAD_EVERY == 0:
                file.rejected.add(number)
                output.write(_BAD[number // _BAD_EVERY % len(_BAD)] + b"\n")
                continue
            company = _company(number, rows=rows)
            file.companies[company["domain"]] = company
            output.write(json.dumps(company).encode() + b"\n")
    return file


def _company(number: int, *, rows: int) -> dict[str, Any]:
    again = number > rows // 2 and number % _AGAIN_EVERY == 1
    return {
        "domain": f"c{number - rows // 2 if again else number}{SUFFIX}",
        "name": f"Company {number}",
        "industry": ("Technology", "Retail", "Logistics")[number % 3],
        "country": ("US", "DE", "FR", "BR")[number % 4],
        "employees": number % 5000,
        "technologies": [f"tool-{number % 7}", "PostgreSQL"],
    }


def digest(companies: Iterable[Mapping[str, Any]]) -> str:
    """A hash of companies that does not depend on their order, nor on that of their attributes."""
    lines = sorted(json.dumps(company, sort_keys=True) for company in companies)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
