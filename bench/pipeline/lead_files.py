"""Files of leads as a CRM exports them: synthetic people with jobs, companies, and the dirt of real lists.

Always the same for a seed. People, their repetitions and the slips of the pen in them are those of
`bench.dedup.people`; here they get the columns of an export, telephone numbers as people write them, addresses that
cannot be, rows with too many cells, columns that nobody maps, and blanks that say "n/a".
"""

import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bench.dedup import people

HEADERS: Final = (
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone Number",
    "Job Title",
    "Company name",
    "Website URL",
    "Industry",
    "Number of Employees",
    "Country/Region",
    "City",
    "Postal Code",
    "Lead Source",
    "Notes",
)

_TITLES: Final = (
    "VP Sales", "vice president of sales", "Head of Marketing", "CTO", "Chief Financial Officer", "Sales Manager",
    "Senior Software Engineer", "Geschäftsführer", "Director, Operations", "Account Executive", "Owner", "Intern",
    "Product Manager", "HR Business Partner", "Responsable Marketing", "CEO & Founder", "data scientist", "Buyer",
)  # fmt: skip
_INDUSTRIES: Final = ("Software", "Fintech", "Healthcare", "Logistics", "Retail", "Education", "Energy", "Media", "")
_SIZES: Final = ("1-10", "11-50", "51-200", "201-500", "1,000", "5000+", "10001", "")
_SOURCES: Final = ("Webinar", "Trade show", "Referral", "Website", "Outbound", "")
_NOTHING: Final = ("n/a", "-", "NULL", " ", "unknown")
_FIELD: Final = {name: place for place, name in enumerate(people.FIELDS)}


def rows(count: int, *, seed: int = 1) -> Iterator[Sequence[str]]:
    """So many rows."""
    draw = random.Random(f"lead file {seed}")
    number = 0
    for block in people.blocks(count, seed=seed):
        for _, row in block:
            number += 1
            yield _row(draw, number, row)


def write(path: Path, count: int, *, seed: int = 1) -> None:
    """A file of so many rows and a header, in UTF-8 between commas."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(rows(count, seed=seed))


def _row(draw: random.Random, number: int, row: people.Row) -> Sequence[str]:
    def said(name: str) -> str:
        return row[_FIELD[name]] or (draw.choice(_NOTHING) if draw.random() < 0.05 else "")

    domain = row[_FIELD["domain"]] or ""
    cells = [
        f"{number:08d}",
        _cased(draw, said("first_name")),
        _cased(draw, said("last_name")),
        _mail(draw, said("email")),
        _phone(draw, said("phone")),
        draw.choice(_TITLES),
        said("company"),
        f"https://www.{domain}/" if domain and draw.random() < 0.5 else domain,
        draw.choice(_INDUSTRIES),
        draw.choice(_SIZES),
        "United States" if draw.random() < 0.7 else draw.choice(("USA", "US", "")),
        said("city"),
        said("postcode"),
        draw.choice(_SOURCES),
        "=called twice" if draw.random() < 0.01 else "",
    ]
    return [*cells, "one", "too many"] if draw.random() < 0.002 else cells


def _cased(draw: random.Random, text: str) -> str:
    chance = draw.random()
    return text.upper() if chance < 0.04 else text.lower() if chance < 0.08 else f" {text} " if chance < 0.1 else text


def _mail(draw: random.Random, text: str) -> str:
    chance = draw.random()
    if not text or chance > 0.06:
        return text
    return (text.replace("@", " at "), text + ".", text.replace(".", ",", 1), f"mailto:{text}", text.upper())[
        int(chance * 83)
    ]


def _phone(draw: random.Random, text: str) -> str:
    """As people write it, where it is a number of North America."""
    digits = text.removeprefix("+1")
    if digits == text or len(digits) != 10:
        return text
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    return draw.choice(
        (text, f"({area}) {exchange}-{line}", f"{area}.{exchange}.{line}", f"1-{area}-{exchange}-{line}", digits)
    )
