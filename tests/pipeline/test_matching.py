"""Rows of one person are found, the same ones in any order, for reasons that add up."""

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from winnow_pipeline.leads import EmailStatus
from winnow_pipeline.matching.clustering import Clustering, clustered, reestimated
from winnow_pipeline.matching.features import features_of
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.keys import blocking_keys, matches_between
from winnow_pipeline.matching.model import SHIPPED, Model
from winnow_pipeline.matching.records import Record, Records
from winnow_pipeline.matching.survivors import fills, preference_of
from winnow_pipeline.matching.waterfall import waterfall

from .data import DATA

Columns = Mapping[MatchField, Sequence[str | None]]

ADA = {
    MatchField.FIRST_NAME: "Ada",
    MatchField.LAST_NAME: "Byron",
    MatchField.EMAIL: "ada.byron@example.com",
    MatchField.PHONE: "+442079460000",
    MatchField.COMPANY: "Analytical Engines Ltd.",
    MatchField.CITY: "London",
}


def records_of(columns: Columns) -> Records:
    records = Records()
    records.add(columns)
    return records


def compared(columns: Columns) -> Clustering:
    records = records_of(columns)
    return clustered(features_of(records), model=SHIPPED.for_rows(len(records)))


def f1(found: NDArray[np.int64], persons: Sequence[str]) -> float:
    """Of pairs of rows."""

    def pairs(*labels: Sequence[object]) -> int:
        _, counts = np.unique([" ".join(map(str, row)) for row in zip(*labels, strict=True)], return_counts=True)
        return int((counts * (counts - 1) // 2).sum())

    both, made, true = pairs(found.tolist(), persons), pairs(found.tolist()), pairs(persons)
    return 2 * both / (made + true)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines(), skipinitialspace=True))


def fake_1000() -> tuple[Columns, list[str]]:
    rows = table(DATA / "er_splink" / "fake_1000.csv")
    names = {
        "first_name": "first_name",
        "last_name": "surname",
        "date_of_birth": "dob",
        "city": "city",
        "email": "email",
    }
    columns = {MatchField(field): [row[name] or None for row in rows] for field, name in names.items()}
    return columns, [row["cluster"] for row in rows]


def febrl_3() -> tuple[Columns, list[str]]:
    rows = table(DATA / "er_febrl" / "dataset3.csv")
    names = {
        "first_name": "given_name",
        "last_name": "surname",
        "date_of_birth": "date_of_birth",
        "national_id": "soc_sec_id",
        "city": "suburb",
        "postcode": "postcode",
        "region": "state",
    }
    columns = {MatchField(field): [row[name].strip() or None for row in rows] for field, name in names.items()}
    columns[MatchField.STREET] = [f"{row['street_number']} {row['address_1']}".strip() or None for row in rows]
    return columns, [row["rec_id"].split("-")[1] for row in rows]


TRUTHS = {"fake_1000": fake_1000(), "febrl_3": febrl_3()}


def test_people_of_the_truth_sets_are_found_by_the_one_shipped_configuration() -> None:
    found = {name: f1(compared(columns).survivor, persons) for name, (columns, persons) in TRUTHS.items()}

    assert found["fake_1000"] >= 0.93
    assert found["febrl_3"] >= 0.999


def test_the_order_of_rows_changes_nothing_but_who_survives() -> None:
    columns, _ = TRUTHS["fake_1000"]
    order = list(range(1000))
    random.Random(7).shuffle(order)  # noqa: S311  an order, no secret
    shuffled = {field: [values[place] for place in order] for field, values in columns.items()}

    straight, mixed = compared(columns).survivor, compared(shuffled).survivor
    clusters = {frozenset(np.flatnonzero(straight == head).tolist()) for head in set(straight.tolist())}
    again = {
        frozenset(order[place] for place in np.flatnonzero(mixed == head).tolist()) for head in set(mixed.tolist())
    }

    assert len(clusters & again) > 0.99 * len(clusters)


def test_survivors_are_of_greatest_preference_and_stand_for_themselves() -> None:
    columns = {field: [value, value, value, None] for field, value in ADA.items()}
    records = records_of(columns)

    found = clustered(features_of(records), model=SHIPPED, preference=[1.0, 3.0, 3.0, 0.0])

    assert found.survivor.tolist() == [1, 1, 1, 3]
    assert found.best_link[1] >= 0
    assert found.confidence.min() > 0.9


VALUES = st.one_of(
    st.sampled_from(["a", "Ann", "Anne", "ann@example.com", "+4930123456", "1980-01-02", "é ß"]),
    st.text(min_size=1, max_size=9),
)
RECORDS = st.dictionaries(st.sampled_from(MatchField), VALUES, max_size=8)


@given(left=RECORDS, right=RECORDS)
@settings(max_examples=80, deadline=None)
def test_a_waterfall_is_the_same_both_ways_and_adds_up(left: Record, right: Record) -> None:
    there, back = waterfall(left, right, model=SHIPPED), waterfall(right, left, model=SHIPPED)

    assert there == back
    total = there.prior + sum(step.weight for step in there.steps)
    assert there.probability == pytest.approx(1 / (1 + 2**-total), abs=1e-5)
    if there.steps:
        assert there.steps[-1].total == pytest.approx(total)


@given(left=RECORDS, right=RECORDS)
@settings(max_examples=60, deadline=None)
def test_candidates_are_judged_as_the_waterfall_says(left: Record, right: Record) -> None:
    found = matches_between([left], [right], [(0, 0)], model=SHIPPED)
    probability = waterfall(left, right, model=SHIPPED).probability

    assert bool(found) == (probability >= SHIPPED.threshold)
    if found:
        assert found[0].probability == pytest.approx(probability, abs=1e-5)


@given(record=RECORDS)
@settings(max_examples=80, deadline=None)
def test_a_row_that_comes_again_has_the_same_keys(record: Record) -> None:
    keys = blocking_keys(record)

    assert keys == blocking_keys(dict(record))
    assert len(keys) == len(set(keys)) <= 12


def test_slips_of_the_pen_leave_keys_in_common() -> None:
    other = ADA | {MatchField.FIRST_NAME: "ADA", MatchField.EMAIL: "ada.byron@exmaple.com", MatchField.CITY: "Leeds"}

    assert set(blocking_keys(ADA)) & set(blocking_keys(other))


FIRST, LAST, CITY, POSTCODE = MatchField.FIRST_NAME, MatchField.LAST_NAME, MatchField.CITY, MatchField.POSTCODE
COMPANY = MatchField.COMPANY
SWAPPED = "first and last name swapped"


@pytest.mark.parametrize(
    ("left", "right", "comparison", "level"),
    [
        ({FIRST: "Gabrielle", LAST: "Langer"}, {FIRST: "Langer", LAST: "Gabrielle"}, "last_name", SWAPPED),
        ({FIRST: "Gabrielle", LAST: "Langer"}, {FIRST: "Laznger", LAST: "Gabrielle"}, "last_name", SWAPPED),
        ({FIRST: "Gabrielle", LAST: "Langer"}, {FIRST: "Miller", LAST: "Gabrielle"}, "last_name", "different"),
        ({CITY: "New York"}, {CITY: "New York City"}, "place", "slips apart"),
        ({CITY: "Emerald", POSTCODE: "2290"}, {CITY: "Belmont", POSTCODE: "2298"}, "place", "different"),
        ({POSTCODE: "2290"}, {POSTCODE: "2298"}, "place", "slips apart"),
        ({COMPANY: "Circus Circus"}, {COMPANY: "Golden Nugget"}, "work", "another business"),
        ({COMPANY: "Circus Circus", LAST: "Low"}, {COMPANY: "Golden Nugget", LAST: "Low"}, "work", "different"),
        ({COMPANY: "Le Montrachet"}, {COMPANY: "Le Montrachet Bistro"}, "work", "alike"),
        ({COMPANY: "Engines", FIRST: "Ada"}, {COMPANY: "Engines", FIRST: "Grace"}, "person", "nothing agrees"),
        ({COMPANY: "Engines", FIRST: "Ada"}, {COMPANY: "Engines"}, "person", "nothing agrees"),
        ({COMPANY: "Engines", FIRST: "Ada"}, {LAST: "Byron", FIRST: "Adah"}, "person", "something agrees"),
    ],
)
def test_two_rows_are_as_alike_as_a_reader_would_say(left: Record, right: Record, comparison: str, level: str) -> None:
    found = {step.field: step.level for step in waterfall(left, right, model=SHIPPED).steps}

    assert found[comparison] == level


def test_who_is_not_named_is_not_one_person_with_each_colleague() -> None:
    columns: Columns = {
        FIRST: ["Ada", None, "Grace", "Ada"],
        LAST: ["Byron", None, "Hopper", "Byron"],
        COMPANY: ["Analytical Engines"] * 4,
        MatchField.DOMAIN: ["engines.com"] * 4,
        MatchField.PHONE: ["+4930123456"] * 4,
        CITY: ["Berlin"] * 4,
    }

    assert compared(columns).survivor.tolist() == [0, 1, 2, 0]


def test_businesses_of_one_city_whose_names_begin_alike_are_compared() -> None:
    columns: Columns = {
        COMPANY: ["Second Street Grille", "Second Street Grill", "Golden Nugget"],
        MatchField.STREET: ["200 E Fremont St", "200 E Fremont St", "129 Fremont St"],
        CITY: ["Las Vegas"] * 3,
        MatchField.PHONE: ["+17023853232", "+17023856277", "+17023857111"],
    }

    assert compared(columns).survivor.tolist() == [0, 0, 2]


def test_a_large_batch_moves_weights_a_little_and_not_their_meaning() -> None:
    columns, persons = TRUTHS["febrl_3"]
    records = records_of(columns)
    model = reestimated(features_of(records), SHIPPED.for_rows(len(records)))

    moves = [
        abs(a - b) for name in model.weights for a, b in zip(model.weights[name], SHIPPED.weights[name], strict=True)
    ]

    assert 0 < max(moves) <= 2.0
    assert f1(clustered(features_of(records), model=model).survivor, persons) >= 0.99
    assert Model.from_json(model.to_json()).weights == dict(model.weights)


def test_a_block_of_thousands_is_compared_in_bounded_time() -> None:
    count = 20_000
    columns = {
        MatchField.FIRST_NAME: [f"Name{number % 4_000}" for number in range(count)],
        MatchField.PHONE: ["+4930123456"] * count,
        MatchField.COMPANY: ["One Company"] * count,
        MatchField.CITY: ["Berlin"] * count,
    }

    assert len(compared(columns).survivor) == count


def test_survivorship_keeps_what_a_row_says_and_fills_what_it_does_not() -> None:
    whole = preference_of(ADA, email_status=EmailStatus.VERIFIED_DELIVERABLE)
    bare = preference_of({MatchField.LAST_NAME: "Byron"}, email_status=EmailStatus.UNDELIVERABLE)

    taken = fills(
        {"email": "a@b.c", "phone": None, "title": None}, [{"phone": "1"}, {"phone": "2", "title": "VP", "x": "y"}]
    )

    assert whole > bare
    assert taken == {"phone": 1, "title": 1}
