"""What holds of similarity for any customers and any company."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from winnow_contracts.similarity import Factor
from winnow_scoring.similarity import archive
from winnow_scoring.similarity.columns import Column
from winnow_scoring.similarity.comparing import Comparison, Measure, NoCustomers, NothingKnown, compare, measure
from winnow_scoring.similarity.factors import CODED, FACTORS
from winnow_scoring.similarity.kernels import Floats
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import nearest
from winnow_scoring.similarity.traits import traits_of

from .generated import seeded
from .similar_companies import (
    STRANGER,
    TODAY,
    World,
    companies,
    compared,
    customer,
    large_world,
    modelled,
    ordinary_company,
    world,
    worlds,
)
from .similarity_reference import PlainModel

Attributes = dict[str, Any]
some = settings(max_examples=40, deadline=None)
SEEDS = 120


def contributions(comparison: Comparison) -> list[float]:
    return [line["contribution"] for line in orjson.loads(comparison.result)["breakdown"]]


def adds_up(comparison: Comparison) -> bool:
    return sum(Decimal(str(each)) for each in contributions(comparison)) == Decimal(str(comparison.score))


def with_column(model: Model, factor: Factor, column: Column) -> Model:
    parts = {name: getattr(model, name) for name in Model.__slots__}
    return Model(**{**parts, "columns": {**model.columns, factor: column}})


def raised(column: Column, by: float) -> Column:
    """The column by which everybody is more alike, customers that are less alike gaining more."""

    def compare(trait: Any) -> Floats:
        found: Floats = column.compare(trait)
        return found + by * (1 - found)

    return Column(column.codes, column.values, compare)


# The explanation is the score


@some
@given(worlds, companies)
def test_contributions_add_up_to_the_score_in_hundredths(world: World, company: Attributes) -> None:
    comparison = compared(world.model, company)
    assert adds_up(comparison)
    assert min(contributions(comparison)) >= 0


def test_contributions_add_up_to_the_score_for_many_seeds() -> None:
    for seed in range(SEEDS):
        random = seeded(seed)
        model = world(seed).model
        for company in [ordinary_company(random) for _ in range(10)]:
            assert adds_up(compared(model, company)), (seed, company)


@some
@given(worlds, st.data())
def test_contributions_of_a_customer_add_up_to_a_hundred(world: World, data: st.DataObject) -> None:
    model = world.model
    place = data.draw(st.integers(0, len(model.customers.domains) - 1))

    comparison = compared(model, world.profiles[place], domain=model.customers.domains[place])

    assert comparison.score == 100
    assert adds_up(comparison)


@some
@given(worlds, companies, st.integers(-1, 3), st.integers(0, 5_000))
def test_numbers_alone_are_those_of_the_whole_comparison(
    world: World, company: Attributes, own: int, days: int
) -> None:
    model = world.model
    domain = STRANGER if own < 0 else model.customers.domains[own % len(model.customers.domains)]
    about: dict[str, Any] = {"domain": domain, "as_of": TODAY - timedelta(days=days), "today": TODAY}

    whole = compare(model, company, **about)

    assert measure(model, company, **about) == Measure(
        score=whole.score, percentile=whole.percentile, grade=whole.grade, confidence=whole.confidence
    )


# What improves never lowers


@some
@given(worlds, companies, st.sampled_from(CODED), st.floats(0, 1))
def test_a_factor_in_which_all_customers_are_more_alike_never_lowers_the_score(
    world: World, company: Attributes, factor: Factor, by: float
) -> None:
    model = world.model
    improved = with_column(model, factor, raised(model.columns[factor], by))

    assert nearest(improved, traits_of(company)).raw >= nearest(model, traits_of(company)).raw - 1e-12
    assert compared(improved, company).score >= compared(model, company).score


@some
@given(worlds, companies, st.tuples(st.floats(1, 1e4), st.floats(1, 1e4)), st.sampled_from(["employees", "revenue"]))
def test_a_size_nearer_to_that_of_all_customers_never_lowers_the_score(
    world: World, company: Attributes, times: tuple[float, float], attribute: str
) -> None:
    largest = max((profile.get(attribute, 1) for profile in world.profiles), default=1)
    nearer, further = (company | {attribute: max(1, largest) * each} for each in sorted(times))

    assert compared(world.model, nearer).score >= compared(world.model, further).score


@some
@given(worlds, companies, st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_an_age_nearer_to_that_of_all_customers_never_lowers_the_score(
    world: World, company: Attributes, years: tuple[int, int]
) -> None:
    latest = max((profile.get("founded", 1) for profile in world.profiles), default=1)
    nearer, further = (company | {"founded": latest + each} for each in sorted(years))

    assert compared(world.model, nearer).score >= compared(world.model, further).score


COMMON: dict[str, Any] = {
    "industry": "Payments",
    "country": "Germany",
    "funding_stage": "Series B",
    "technologies": ["Terraform"],
    "signals": ["expanding"],
}
"""What all customers of a world are made to have."""


@some
@given(st.integers(0, 2**32), companies, st.sampled_from(sorted(COMMON)))
def test_what_all_customers_have_never_lowers_the_score_of_a_company_that_gets_it(
    seed: int, company: Attributes, attribute: str
) -> None:
    plain = world(seed)
    value = COMMON[attribute]
    customers = [
        each._replace(profile=orjson.dumps(having(orjson.loads(each.profile), attribute, value)).decode())
        for each in plain.customers
    ]
    model = modelled(customers, plain.others)
    before = {**company, "technologies": ["React"], "signals": ["press"], "country": "Narnia", "funding_stage": "Seed"}

    assert compared(model, having(before, attribute, value)).score >= compared(model, before).score


def having(company: Attributes, attribute: str, value: Any) -> Attributes:
    """The company with a value besides those it has, or in place of the one that it has."""
    has = [*company.get(attribute, []), *value] if isinstance(value, list) else value
    return company | {attribute: has}


@some
@given(worlds, st.data(), st.randoms(use_true_random=False))
def test_a_customer_scores_at_least_as_high_as_any_twin(world: World, data: st.DataObject, random: Any) -> None:
    model = world.model
    place = data.draw(st.integers(0, len(model.customers.domains) - 1))
    profile = world.profiles[place]
    twin = {name: value for name, value in profile.items() if random.random() < 0.7}
    twin |= {name: value for name, value in ordinary_company(random).items() if random.random() < 0.3}
    twin |= {"tags": ["SaaS"]}

    original = compared(model, profile, domain=model.customers.domains[place])
    copy = compared(model, twin)

    assert original.score >= copy.score
    assert original.percentile >= copy.percentile


@some
@given(worlds, companies, companies)
def test_percentile_and_grade_rise_with_the_score(world: World, one: Attributes, other: Attributes) -> None:
    model = world.model
    lower, higher = sorted([compared(model, one), compared(model, other)], key=lambda each: each.score)
    assume(lower.score < higher.score)

    assert lower.percentile <= higher.percentile
    assert "FDCBA".index(lower.grade) <= "FDCBA".index(higher.grade)


# What does not matter


@some
@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(world: World, random: Any) -> None:
    shuffled = random.sample(world.customers, len(world.customers))
    assert written(modelled(shuffled, world.others)) == written(world.model)


@some
@given(worlds, companies, st.sampled_from([2.0**-20, 2.0, 4096.0, 3.0, 0.1, 1e-6, 12_345.678]))
def test_the_scale_of_weights_does_not_matter(world: World, company: Attributes, scale: float) -> None:
    scaled = [each._replace(weight=each.weight * scale) for each in world.customers]
    assert compared(modelled(scaled, world.others), company).result == compared(world.model, company).result


@pytest.mark.parametrize("seed", [13, 245])
@pytest.mark.parametrize("scale", [3.0, 0.1, 12_345.678])
def test_what_rounding_leaves_over_of_heavy_customers_makes_nobody_a_neighbour(seed: int, scale: float) -> None:
    plain, random = world(seed), seeded(seed)
    scaled = modelled([each._replace(weight=each.weight * scale) for each in plain.customers], plain.others)
    for company in [ordinary_company(random) for _ in range(4)]:
        assert compared(scaled, company).result == compared(plain.model, company).result


@some
@given(worlds, companies)
def test_a_model_that_was_read_scores_byte_for_byte_as_the_one_that_was_written(
    world: World, company: Attributes
) -> None:
    model = world.model
    again = archive.read(written(model))

    assert written(again) == written(model)
    assert compared(again, company).result == compared(model, company).result


def written(model: Model) -> bytes:
    return b"".join(archive.write(model))


IN_ANOTHER_PROCESS = """
import hashlib
from tests.scoring.similar_companies import compared, ordinary_company, world
from tests.scoring.generated import seeded
from winnow_scoring.similarity import archive

digest = hashlib.sha256()
for seed in range(5):
    model = world(seed).model
    for piece in archive.write(model):
        digest.update(piece)
    digest.update(compared(model, ordinary_company(seeded(seed))).result)
print(digest.hexdigest())
"""


def test_every_process_makes_the_same_model_and_the_same_answer() -> None:
    root = Path(__file__).parents[2]
    assert len({digest_with(hash_seed, root=root) for hash_seed in ("0", "1", "4711")}) == 1


def digest_with(hash_seed: str, *, root: Path) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=root,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


# The same in plain Python


@some
@given(worlds, companies)
def test_similarity_is_what_plain_python_says(world: World, company: Attributes) -> None:
    plain, traits = PlainModel(world), traits_of(company)

    found = nearest(plain.model, traits, reach=1.0)

    assert nearest(plain.model, traits).raw == pytest.approx(plain.raw(traits), abs=1e-6)
    for row, place in enumerate(found.places.tolist()):
        factors = {factor: float(found.factors[factor][row]) for factor in FACTORS}
        assert factors == pytest.approx(plain.factors(traits, place), abs=1e-6)


def test_similarity_is_what_plain_python_says_among_many_customers() -> None:
    plain = PlainModel(large_world(3, 9_000))
    random = seeded(4)
    for traits in [traits_of(ordinary_company(random)) for _ in range(3)]:
        assert nearest(plain.model, traits).raw == pytest.approx(plain.raw(traits), abs=1e-6)


@pytest.mark.parametrize("count", [63, 64, 65, 127, 128, 4_095, 4_096, 4_097, 4_160, 5_003])
def test_no_customer_that_is_nearer_is_overlooked(count: int) -> None:
    model = large_world(count, count).model
    random = seeded(count)
    for traits in [traits_of(ordinary_company(random)) for _ in range(5)]:
        everybody, found = nearest(model, traits, reach=1.0), nearest(model, traits)
        assert len(everybody.places) == count
        assert found.similarities == pytest.approx(everybody.similarities[: len(found.places)], abs=1e-6)


@pytest.mark.parametrize("count", range(1, 200, 7))
def test_a_third_of_the_customers_are_neighbours_and_fifteen_at_most(count: int) -> None:
    model = modelled([customer(number, {"founded": 2000 + number % 20}) for number in range(count)])

    found = nearest(model, traits_of({"founded": 2003}))

    assert len(found.places) == max(1, min(15, count // 3))
    assert found.shares.sum() == pytest.approx(1)


# Corners


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict):
        for element in value.values():
            yield from numbers(element)
    elif isinstance(value, list):
        for element in value:
            yield from numbers(element)
    elif isinstance(value, (int, float)):
        yield value


MODELS: dict[str, Callable[[], Model]] = {
    "one customer": lambda: modelled([customer(1, ordinary_company(seeded(1)))]),
    "one customer and others": lambda: modelled([customer(1, ordinary_company(seeded(1)))], world(1).others),
    "two customers": lambda: modelled([customer(n, ordinary_company(seeded(n))) for n in (1, 2)], world(2).others),
    "identical customers": lambda: modelled([customer(n, ordinary_company(seeded(1))) for n in range(200)]),
    "customers without text": lambda: modelled(
        [customer(n, {"employees": 10 * n, "country": "US"}) for n in range(9)], world(4).others
    ),
    "customers with nothing but text": lambda: modelled(
        [customer(n, {"description": "Payments for banks"}) for n in range(9)], world(5).others
    ),
    "one attribute each": lambda: modelled(
        [customer(n, {"tags": ["A"]}) for n in range(3)]
        + [customer(9 + n, {"founded": 2000}) for n in range(3)]
        + [customer(20 + n, {"signals": ["hiring"]}) for n in range(3)]
    ),
    "one customer that outweighs all others": lambda: modelled(
        [customer(n, ordinary_company(seeded(n)), 1e15 if n == 3 else 1e-9) for n in range(30)], world(6).others
    ),
    "weights of every magnitude": lambda: modelled(
        [customer(n, ordinary_company(seeded(n)), 10.0**n) for n in range(-9, 16)], world(7).others
    ),
    "empty lists and blanks": lambda: modelled(
        [customer(n, {"technologies": [], "tags": ["", " "], "description": "!!! ...", "founded": 1}) for n in range(4)]
    ),
    "companies that are all customers": lambda: modelled(
        world(8).customers, [each.profile for each in world(8).customers]
    ),
    "very long texts": lambda: modelled(
        [customer(n, {"description": f"{n} payments " * 700, "tags": ["long " * 40] * 400}) for n in range(3)]
    ),
}
COMPANIES: dict[str, Attributes] = {
    "ordinary": ordinary_company(seeded(77)),
    "sparse": {"founded": 2020},
    "text only": {"description": "payments, für Bänke 支付支付 🌱", "tags": ["🌱"]},
    "strange": {"industry": "!!!", "country": "  ", "technologies": ["  "], "tags": [""], "signals": ["x"]},
    "huge": {"employees": 2**53 - 1, "revenue": 2**53 - 1, "funding_total": 2**53 - 1, "founded": 9999},
    "nought": {"employees": 0, "revenue": 0, "funding_total": 0, "founded": 1},
}


@pytest.mark.parametrize("model_name", MODELS)
@pytest.mark.parametrize("company_name", COMPANIES)
def test_every_number_is_a_number_and_in_its_bounds(model_name: str, company_name: str) -> None:
    model, company = MODELS[model_name](), COMPANIES[company_name]

    comparison = compared(model, company)

    answer = orjson.loads(comparison.result)
    assert np.isfinite(list(numbers(answer))).all()
    assert 0 <= comparison.score <= 100
    assert 0 <= comparison.percentile <= 100
    assert 0 <= comparison.confidence <= 1
    assert all(0 <= line["similarity"] <= 1 for line in answer["breakdown"] if not line["missing"])
    assert all(0 <= each["similarity"] <= 100 for each in answer["similar_customers"])
    assert None not in [line["contribution"] for line in answer["breakdown"]]
    assert sum(line["weight"] for line in answer["breakdown"]) == pytest.approx(1, abs=1e-3)
    assert adds_up(comparison)


@pytest.mark.parametrize("model_name", MODELS)
def test_every_number_of_a_model_is_a_number(model_name: str) -> None:
    model = MODELS[model_name]()
    arrays: list[NDArray[Any]] = [model.customers.weights, model.topic.direction, model.calibration.population]
    arrays += [model.words.index.values, model.words.vocabulary.rarity]
    measured = [model.topic.half, model.reach, model.calibration.company, model.calibration.customer]
    measured += [*model.weights.values(), *model.neutral.values(), *model.coverage.values()]

    assert all(np.isfinite(array).all() for array in arrays)
    assert np.isfinite(measured).all()
    assert sum(model.weights.values()) == pytest.approx(1)
    assert min(model.weights.values()) >= 0


@some
@given(worlds, companies)
def test_the_explanation_is_two_or_three_sentences(world: World, company: Attributes) -> None:
    told = orjson.loads(compared(world.model, company).result)["explanation"]
    assert 2 <= len(told.removesuffix(".").split(". ")) <= 4
    assert told.endswith(".")
    assert "None" not in told
    assert "nan" not in told.split()


@pytest.mark.parametrize("attributes", [{}, {"name": "Acme"}, {"status": "active"}, {"tags": [" "], "country": ""}])
def test_of_a_company_without_any_trait_nothing_is_known(attributes: Attributes) -> None:
    with pytest.raises(NothingKnown):
        compared(world(1).model, attributes)


def test_without_customers_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(NoCustomers):
        compared(modelled([], world(1).others), {"founded": 2000})


def test_customers_of_which_nothing_is_known_are_left_out() -> None:
    model = modelled([customer(1, {"name": "Acme"}), customer(2, {"founded": 2000})])
    assert list(model.customers.domains) == ["customer-00002.example"]


def test_a_customer_without_a_profile_is_still_a_customer_of_nobody() -> None:
    with pytest.raises(NoCustomers):
        compared(modelled([customer(1, {"name": "Acme"})]), {"founded": 2000})
