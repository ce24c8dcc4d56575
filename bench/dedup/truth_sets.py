"""The public truth sets, their columns mapped to the fields of matching."""

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))

Columns = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class TruthSet:
    """Rows by column, and who is who."""

    columns: Columns
    persons: Sequence[int]
    sources: Sequence[int] | None = None
    """Where two lists are linked: the list of each row; only pairs between them count."""


def fake_1000() -> TruthSet:
    """People of the Splink project, with hard errors: every second row lacks something."""
    rows = _read(DATA / "er_splink" / "fake_1000.csv")
    names = {
        "first_name": "first_name",
        "last_name": "surname",
        "date_of_birth": "dob",
        "city": "city",
        "email": "email",
    }
    return TruthSet(_columns(rows, names), [int(row["cluster"]) for row in rows])


def febrl(*files: str) -> TruthSet:
    """People of Australia, made by FEBRL."""
    rows = [row for file in files for row in _read(DATA / "er_febrl" / f"{file}.csv")]
    names = {
        "first_name": "given_name",
        "last_name": "surname",
        "date_of_birth": "date_of_birth",
        "national_id": "soc_sec_id",
        "city": "suburb",
        "postcode": "postcode",
        "region": "state",
    }
    columns = dict(_columns(rows, names))
    columns["street"] = [f"{row['street_number']} {row['address_1']}".strip() or None for row in rows]
    return TruthSet(columns, [int(row["rec_id"].split("-")[1]) for row in rows])


def fodors_zagats() -> TruthSet:
    """Restaurants of two guides: companies with address and phone, nobody's name."""
    folder = DATA / "er_fodors_zagats"
    fodors, zagats = _read(folder / "fodors.csv"), _read(folder / "zagats.csv")
    same = {row["zagats_id"]: int(row["fodors_id"]) for row in _read(folder / "matches_fodors_zagats.csv")}
    names = {"company": "name", "street": "addr", "city": "city", "phone": "phone"}
    persons = [int(row["id"]) for row in fodors] + [same.get(row["id"], -int(row["id"])) for row in zagats]
    return TruthSet(_columns([*fodors, *zagats], names), persons, [0] * len(fodors) + [1] * len(zagats))


TRUTH_SETS: Mapping[str, Callable[[], TruthSet]] = {
    "fake_1000": fake_1000,
    "febrl_1": partial(febrl, "dataset1"),
    "febrl_2": partial(febrl, "dataset2"),
    "febrl_3": partial(febrl, "dataset3"),
    "febrl_4": partial(febrl, "dataset4a", "dataset4b"),
    "fodors_zagats": fodors_zagats,
}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def _columns(rows: Sequence[Mapping[str, str]], names: Mapping[str, str]) -> Columns:
    return {field: [row[name].strip() or None for row in rows] for field, name in names.items()}
