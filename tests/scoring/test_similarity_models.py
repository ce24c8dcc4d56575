"""The parts of a model: kernels, columns, terms, weights, calibration, what is built and what is written down."""

import math
from collections.abc import Mapping

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from winnow_contracts.similarity import Factor
from winnow_scoring.similarity import archive
from winnow_scoring.similarity.archive import Unreadable
from winnow_scoring.similarity.calibration import Calibration, grade_of
from winnow_scoring.similarity.columns import Column
from winnow_scoring.similarity.factors import DEFAULT_WEIGHTS, FACTORS
from winnow_scoring.similarity.fitting import auc, fit
from winnow_scoring.similarity.nearest import nearest
from winnow_scoring.similarity.terms import Vocabulary, cosine
from winnow_scoring.similarity.traits import traits_of

from .generated import seeded
from .similar_companies import World, compared, customer, modelled, random_company, text, world

ALL_USABLE = dict.fromkeys(FACTORS, True)


# Kernels


def likeness(factor: Factor, one: Mapping[str, object], *others: Mapping[str, object]) -> list[float]:
    """How alike a company is to each of the others, -1 for unknown."""
    column = Column.of(factor, [getattr(traits_of(other), factor) for other in others])
    table = column.likeness(getattr(traits_of(one), factor), neutral=-1.0)
    return [round(float(value), 2) for value in table[column.codes]]


def test_twice_the_employees_are_rather_alike_and_ten_times_as_many_hardly() -> None:
    others = [{"employees": count} for count in (50, 100, 500)]
    assert likeness("company_size", {"employees": 50}, *others) == [1.0, 0.84, 0.14]


def test_what_one_side_does_not_know_is_left_out() -> None:
    one = {"employees": 50, "revenue": 1_000_000}
    others: list[Mapping[str, object]] = [
        {"employees": 50},
        {"revenue": 1_000_000, "employees": 500},
        {"founded": 2000},
    ]
    assert likeness("company_size", one, *others) == [1.0, 0.57, -1.0]


def test_neighbouring_stages_are_alike() -> None:
    others = [{"funding_stage": stage} for stage in ("Seed", "Series A", "Series B", "IPO")]
    assert likeness("funding", {"funding_stage": "Seed"}, *others) == [1.0, 0.8, 0.41, 0.0]


def test_industries_are_alike_by_group_sector_and_words() -> None:
    others = [{"industry": name} for name in ("payments", "Payment processing", "Banking", "Payment Cards", "Farms")]
    assert likeness("industry", {"industry": "Payments"}, *others) == [1.0, 0.8, 0.5, 0.7, 0.0]


def test_nothing_is_alike_behind_a_border() -> None:
    one = {"country": "US", "region": "Georgia", "city": "Paris"}
    others: list[Mapping[str, object]] = [
        {"country": "USA", "region": "georgia", "city": "Paris"},
        {"country": "US", "region": "Georgia", "city": "Atlanta"},
        {"country": "US"},
        {"country": "FR", "region": "Georgia", "city": "Paris"},
        {"city": "Paris"},
    ]
    assert likeness("location", one, *others) == [1.0, 0.8, 1.0, 0.0, 1.0]


def test_signals_are_alike_by_the_share_that_both_have() -> None:
    others = [{"signals": signals} for signals in (["hiring"], ["hiring", "press"], ["office"])]
    assert likeness("growth_signals", {"signals": ["Hiring"]}, *others) == [1.0, 0.5, 0.0]


def test_kernels_are_symmetric() -> None:
    random = seeded(5)
    pairs = [(random_company(random), random_company(random)) for _ in range(200)]
    for factor in ("industry", "company_size", "funding", "growth_signals", "location", "age"):
        for one, other in pairs:
            assert likeness(factor, one, other) == likeness(factor, other, one)


# Terms

bags = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([0.5, 1.0]), max_size=6)


@given(st.lists(bags, min_size=1, max_size=8), bags, bags)
def test_a_cosine_is_symmetric_and_one_for_equal_terms(
    known: list[dict[str, float]], one: dict[str, float], other: dict[str, float]
) -> None:
    vocabulary = Vocabulary.of(known)
    assert cosine(one, other, vocabulary=vocabulary) == pytest.approx(cosine(other, one, vocabulary=vocabulary))
    assert cosine(one, one, vocabulary=vocabulary) == pytest.approx(1.0 if one else 0.0)


def test_a_rare_term_in_common_says_more_than_a_common_one() -> None:
    vocabulary = Vocabulary.of([{"saas": 1.0}] * 9 + [{"saas": 1.0, "carbon": 1.0}])
    pair = {"saas": 1.0, "carbon": 1.0}
    assert cosine(pair, {"carbon": 1.0}, vocabulary=vocabulary) > cosine(pair, {"saas": 1.0}, vocabulary=vocabulary)


def test_a_term_that_nobody_has_makes_a_company_less_alike() -> None:
    vocabulary = Vocabulary.of([{"a": 1.0}, {"b": 1.0}])
    assert cosine({"a": 1.0, "z": 1.0}, {"a": 1.0}, vocabulary=vocabulary) < 1


# Weights


def test_without_evidence_the_weights_are_the_default_ones() -> None:
    assert fit(dict.fromkeys(FACTORS), usable=ALL_USABLE, customers=50) == pytest.approx(DEFAULT_WEIGHTS)


def test_default_weights_add_up_to_one() -> None:
    assert sum(DEFAULT_WEIGHTS.values()) == pytest.approx(1)


def test_the_more_customers_the_more_their_evidence_counts() -> None:
    separation = {factor: 0.9 if factor == "tech_stack" else 0.5 for factor in FACTORS}
    weights = [fit(separation, usable=ALL_USABLE, customers=count)["tech_stack"] for count in (0, 10, 100, 10_000)]
    assert weights == pytest.approx([0.12, 0.56, 0.92, 1.0], abs=0.01)


def test_what_no_customer_has_weighs_nothing() -> None:
    usable = ALL_USABLE | {"funding": False}
    weights = fit(dict.fromkeys(FACTORS, 0.7), usable=usable, customers=20)
    assert weights["funding"] == 0
    assert sum(weights.values()) == pytest.approx(1)


def test_a_factor_in_which_customers_are_less_alike_than_others_gets_no_evidence() -> None:
    separation = {factor: 0.2 if factor == "age" else 0.8 for factor in FACTORS}
    weights = fit(separation, usable=ALL_USABLE, customers=10)
    assert weights["age"] == pytest.approx(DEFAULT_WEIGHTS["age"] / 2)


@pytest.mark.parametrize(
    ("customers", "population", "area"),
    [
        ([2, 3], [0, 1], 1.0),
        ([0], [1], 0.0),
        ([1], [1], 0.5),
        ([1, 2], [1, 3], 0.375),
        ([], [1], None),
        ([1], [], None),
    ],
)
def test_the_area_under_the_curve_counts_ties_half(
    customers: list[float], population: list[float], area: float | None
) -> None:
    assert auc(np.array(customers, dtype=float), np.array(population, dtype=float)) == area


def test_what_differs_in_the_last_digits_is_a_tie() -> None:
    assert auc(np.array([0.1 + 0.2]), np.array([0.3])) == 0.5


# Calibration


def test_the_typical_company_scores_20_and_the_typical_customer_80() -> None:
    calibration = Calibration.of(customers=np.array([0.6, 0.7, 0.9]), population=np.array([0.1, 0.2, 0.3]))
    scores = [calibration.score(raw) for raw in (0.0, 0.1, 0.2, 0.45, 0.7, 0.85, 1.0)]
    assert scores == [0, 10, 20, 50, 80, 90, 100]


def test_percentiles_are_shares_of_the_population_with_ties_half() -> None:
    calibration = Calibration.of(customers=np.array([]), population=np.array([0.1, 0.2, 0.2, 0.3]))
    assert [calibration.percentile(raw) for raw in (0.0, 0.1, 0.2, 0.25, 0.4)] == [0, 12.5, 50, 75, 100]


def test_without_a_population_everybody_is_in_the_middle() -> None:
    assert Calibration.of(customers=np.array([]), population=np.array([])).percentile(0.9) == 50


samples = st.lists(st.floats(0, 1), max_size=12).map(np.array)


@given(samples, samples, st.floats(0, 1), st.floats(0, 1))
def test_score_and_percentile_never_fall_where_similarity_rises(
    customers: np.ndarray[tuple[int], np.dtype[np.float64]],
    population: np.ndarray[tuple[int], np.dtype[np.float64]],
    one: float,
    other: float,
) -> None:
    calibration = Calibration.of(customers=customers.astype(float), population=population.astype(float))
    lower, higher = sorted([one, other])
    assert 0 <= calibration.score(lower) <= calibration.score(higher) <= 100
    assert calibration.percentile(lower) <= calibration.percentile(higher)
    assert calibration.score(1.0) == 100


def test_grades_begin_at_their_percentiles() -> None:
    assert [grade_of(percentile) for percentile in (100, 90, 89.9, 75, 50, 25, 24.9, 0)] == list("AABBCDFF")


# What is built


def payments(number: int) -> dict[str, object]:
    words = ["card", "wallet", "invoice", "transfer", "checkout"]
    return {"description": f"Payments by {words[number % 5]}", "tags": ["Payments"], "employees": 20 + number}


def farming(number: int) -> dict[str, object]:
    return {"description": f"Robots for farm number{number}", "tags": ["Farming"], "employees": 20 + number}


def test_what_sets_customers_apart_weighs_more_than_what_does_not() -> None:
    model = modelled([customer(n, payments(n)) for n in range(30)], [text(farming(n)) for n in range(60)])
    separation = model.quality.separation

    assert model.weights["focus"] > model.weights["company_size"]
    assert separation["focus"] == 1.0
    assert model.weights["location"] == 0
    assert model.coverage["location"] == 0
    assert model.quality.auc == 1.0


def test_a_company_of_the_customers_kind_scores_higher_than_one_of_another_kind() -> None:
    model = modelled([customer(n, payments(n)) for n in range(30)], [text(farming(n)) for n in range(60)])
    assert compared(model, payments(99)).score > 70
    assert compared(model, farming(99)).score < 40


def test_several_kinds_of_customers_are_each_served() -> None:
    kinds = [customer(n, payments(n) if n % 2 else farming(n)) for n in range(60)]
    model = modelled(kinds, [text({"description": f"Hospital beds number{n}", "tags": ["Health"]}) for n in range(60)])
    scores = [compared(model, company).score for company in (payments(99), farming(99))]
    assert min(scores) > 60


def test_a_heavy_customer_counts_for_more() -> None:
    kinds = [(payments(n), 1.0) if n else (farming(n), 10_000.0) for n in range(30)]
    model = modelled([customer(n, kind, weight) for n, (kind, weight) in enumerate(kinds)])
    assert nearest(model, traits_of(farming(0))).raw > nearest(model, traits_of(payments(1))).raw


# What is written down


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32).map(world), st.data())
def test_a_model_that_was_cut_off_is_unreadable(world: World, data: st.DataObject) -> None:
    written = b"".join(archive.write(world.model))
    length = data.draw(st.integers(0, len(written) - 1))
    with pytest.raises(Unreadable):
        archive.read(written[:length])


@pytest.mark.parametrize("data", [b"", b"hello", bytes(100), b"\x02\0\0\0\0\0\0\0{}"])
def test_bytes_that_are_no_model_are_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        archive.read(data)


def test_a_model_of_another_format_is_unreadable() -> None:
    head = orjson.dumps({"format": 0})
    with pytest.raises(Unreadable, match="format 0"):
        archive.read(len(head).to_bytes(8, "little") + head)


def test_profiles_that_were_read_are_those_that_were_written() -> None:
    model = world(3).model
    again = archive.read(b"".join(archive.write(model)))
    count = len(model.customers.domains)
    profiles = [(again.customers.profiles[place], model.customers.profiles[place]) for place in range(count)]
    assert all(one == other for one, other in profiles)
    assert len(again.customers.profiles) == count
    assert math.isclose(again.customers.weights.sum(), 1)
