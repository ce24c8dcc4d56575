"""The smallest change that takes a score to the next tier or grade really does so, and there is no smaller one."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_common.cursors import Cursors
from winnow_contracts import explained, profiles, rulebook, scores
from winnow_contracts.similarity import Reference
from winnow_scoring.attribute_changes import Change, Counterfactual, in_words, with_changes
from winnow_scoring.comparers import ModelComparer
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.compiler import CompiledRule, compile_rule
from winnow_scoring.counterfactuals import counterfactual
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.counterfactuals import CounterfactualHandlers
from winnow_scoring.handlers.rules import RuleHandlers
from winnow_scoring.handlers.scoring import ScoringHandlers
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.similarity.building import Customer, build
from winnow_scoring.similarity_counterfactuals import MOST_COMPARISONS
from winnow_scoring.similarity_counterfactuals import counterfactual as similar_counterfactual
from winnow_scoring.snapshots import prepare
from winnow_scoring.tiers import INSUFFICIENT_DATA

from .conftest import MASTER_KEY, OTHER, Clock, NoComparers, Serve, body
from .generated import NUMBERS, TEXTS, TODAY, companies, random_company, random_rule, rules, seeded

TIERS = ["cold", "neutral", "warm", "hot"]


def rule(*conditions: dict[str, Any], **about: Any) -> CompiledRule:
    return compile_rule(parse_rule({"name": "ICP Score", "conditions": list(conditions), **about}))


def condition(attribute: str, operator: str, value: Any = None, points: int = 50, **about: Any) -> dict[str, Any]:
    named = {} if value is None else {"value": value}
    return {"attribute": attribute, "operator": operator, **named, "points": points, **about}


def values(found: Counterfactual) -> dict[str, Any]:
    """What each changed attribute would have to be."""
    return {reason.change.attribute: reason.change.needed for reason in found.reasons}


def of(compiled: CompiledRule, attributes: Mapping[str, Any]) -> Counterfactual:
    return counterfactual(compiled, attributes, today=TODAY)


# Values, by operator


@pytest.mark.parametrize(
    ("written", "present", "needed"),
    [
        (condition("industry", "is", "Fintech"), "Retail", "Fintech"),
        (condition("industry", "in", ["Fintech", "Banking"]), None, "Fintech"),
        (condition("industry", "has"), None, True),
        (condition("description", "contains", "payments"), "Cards", "Cards payments"),
        (condition("technologies", "uses", "Stripe"), ["React"], ["React", "Stripe"]),
        (condition("technologies", "in", ["Stripe", "Adyen"]), None, ["Stripe"]),
        (condition("technologies", "contains", "Stripe"), None, ["Stripe"]),
        (condition("technologies", "is_not", "PHP"), ["PHP", "php", "Go"], ["Go"]),
        (condition("technologies", "not_in", ["PHP", "Perl"]), ["PHP", "Perl", "Go"], ["Go"]),
        (condition("email", "has"), None, True),
        (condition("email", "is", True), None, True),
        (condition("employees", ">", 50), 40, 51),
        (condition("employees", ">=", 50), 40, 50),
        (condition("employees", "<", 50), 60, 49),
        (condition("employees", "<=", 50), 60, 50),
        (condition("employees", ">", 10.5), 3, 11),
        (condition("employees", "between", [50, 500]), 900, 500),
        (condition("employees", "between", [50, 500]), 10, 50),
        (condition("employees", "is", 50), 10, 50),
        (condition("employees", "in", [50, 100]), 90, 100),
        (condition("confidence", ">", 0.85), 0.5, 0.86),
        (condition("confidence", ">", 0), 0, 0.01),
        (condition("custom.seats", ">", 0.5), 0.1, 0.6),
        (condition("custom.vip", "is", True), None, True),
        (condition("custom.plan", "is", "gold"), "silver", "gold"),
        (condition("custom.parts", "uses", "gold"), ["tin"], ["tin", "gold"]),
        (condition("last_funding_at", "within_days", 30), "2020-01-01", TODAY.isoformat()),
        (condition("last_funding_at", ">", "2026-01-31"), "2020-01-01", "2026-02-01"),
        (condition("last_funding_at", "<=", "2019-01-31"), "2020-01-01", "2019-01-31"),
    ],
)
def test_a_condition_names_the_nearest_value_that_it_holds_for(
    written: dict[str, Any], present: Any, needed: Any
) -> None:
    attribute = written["attribute"]
    found = of(rule(written), with_changes({}, [Change(attribute, None, present)]))
    assert (found.target, values(found)) == ("neutral", {attribute: needed})


@pytest.mark.parametrize(
    ("written", "present", "needed"),
    [
        (condition("industry", "is", "Gambling", -50), "gambling", None),
        (condition("industry", "is_not", "Fintech", -50), "Retail", "Fintech"),
        (condition("technologies", "uses", "PHP", -50), ["PHP", "Go"], ["Go"]),
        (condition("technologies", "uses", "PHP", -50), ["PHP"], None),
        (condition("employees", ">", 500, -50), 900, 500),
        (condition("employees", "between", [10, 20], -50), 19, 21),
        (condition("email", "has", None, -50), True, None),
        (condition("last_funding_at", "within_days", 30, -50), "2026-02-20", "2026-01-29"),
    ],
)
def test_a_condition_that_takes_points_names_a_value_that_it_does_not_hold_for(
    written: dict[str, Any], present: Any, needed: Any
) -> None:
    attribute = written["attribute"]
    compiled = rule(written, tiers={"neutral": 0})
    found = of(compiled, with_changes({}, [Change(attribute, None, present)]))
    assert (found.target, values(found)) == ("neutral", {attribute: needed})


def test_what_must_not_be_gives_way_to_what_the_rule_names_elsewhere() -> None:
    none = {"none": [{"attribute": "industry", "operator": "is", "value": "Retail"}], "points": 50}
    compiled = rule(none, condition("industry", "is", "Fintech", 1))
    assert values(of(compiled, {"industry": "Retail"})) == {"industry": "Fintech"}


def test_a_pattern_is_not_offered() -> None:
    found = of(rule(condition("name", "matches", "^A")), {"name": "Beta"})
    assert (found.target, found.reasons, found.new_score) == ("neutral", (), None)
    assert found.detail == "No change of at most three attributes was found that would make it neutral."


def test_what_belongs_to_a_lead_is_not_offered() -> None:
    assert of(rule(condition("contact.seniority", "is", "vp")), {}).reasons == ()


# Searches


def test_the_sentence_says_what_would_be() -> None:
    compiled = rule(condition("technologies", "uses", "Stripe", 30), condition("industry", "is", "Fintech", 55))
    found = of(compiled, {"industry": "Fintech", "technologies": ["React"]})
    assert found.detail == "With technologies including Stripe it would be hot (85)."
    assert [(reason.because, reason.change.present) for reason in found.reasons] == [("Uses Stripe", ["React"])]


def test_one_attribute_is_preferred_to_two_and_of_one_the_smaller_change() -> None:
    compiled = rule(
        condition("employees", ">=", 100, 25),
        condition("revenue", ">=", 1000, 25),
        condition("country", "is", "US", 25),
    )
    assert values(of(compiled, {"employees": 90, "revenue": 500})) == {"employees": 100}


def test_several_attributes_are_changed_where_one_is_not_enough() -> None:
    compiled = rule(*(condition(f"custom.{name}", "is", "yes", 20) for name in "abcde"))
    found = of(compiled, {"custom": {"a": "yes"}})
    assert (found.target, values(found)) == ("warm", {"custom.b": "yes", "custom.c": "yes"})
    assert found.detail == "With b yes and c yes it would be warm (60)."


def test_more_than_three_attributes_are_not_changed() -> None:
    compiled = rule(*(condition(f"custom.{name}", "is", "yes", 5) for name in "abcdef"))
    assert of(compiled, {}).reasons == ()


def test_a_list_is_one_attribute_and_gets_the_elements_that_give_most() -> None:
    compiled = rule(*(condition("technologies", "uses", f"T{points}", points) for points in range(1, 8)))
    found = of(compiled, {})
    assert (values(found), found.new_score) == ({"technologies": ["T7", "T6", "T5", "T4"]}, 22)


def test_the_members_of_a_group_are_changed_together() -> None:
    members = [
        {"attribute": "industry", "operator": "is", "value": "Fintech"},
        {"attribute": "employees", "operator": ">", "value": 50},
    ]
    found = of(rule({"all": members, "points": 50}), {"industry": "Retail", "employees": 10})
    assert values(found) == {"industry": "Fintech", "employees": 51}
    assert {reason.because for reason in found.reasons} == {"Industry is Fintech and Employees > 50"}


def test_conditions_that_exclude_each_other_are_not_both_met() -> None:
    compiled = rule(condition("industry", "is", "A", 15), condition("industry", "is", "B", 15))
    assert of(compiled, {}).reasons == ()


def test_a_cap_that_keeps_a_tier_out_of_reach_does_so_here_too() -> None:
    compiled = rule(condition("industry", "is", "A", 90), caps={"total": [0, 10]})
    assert of(compiled, {}).reasons == ()


def test_points_that_have_faded_come_back_with_a_newer_date() -> None:
    faded = condition("industry", "is", "A", 60, decay={"attribute": "last_funding_at", "linear_days": 90})
    found = of(rule(faded), {"industry": "B", "last_funding_at": "2020-01-01"})
    assert values(found) == {"industry": "A", "last_funding_at": TODAY.isoformat()}


def test_the_highest_tier_has_no_next_one() -> None:
    found = of(rule(condition("industry", "is", "A", 90)), {"industry": "A"})
    assert (found.target, found.reasons, found.new_score) == (None, (), None)


def test_a_tier_that_no_score_is_in_is_passed_over() -> None:
    compiled = rule(condition("industry", "is", "A", 90), tiers={"hot": 50, "warm": 50, "neutral": 50})
    assert of(compiled, {}).target == "hot"


def test_where_too_much_is_missing_the_missing_is_made_known() -> None:
    compiled = rule(
        condition("industry", "is", "A", 60), condition("employees", ">", 50, 40), insufficient_data_above=0.3
    )
    found = of(compiled, {"industry": "A"})
    assert (found.target, found.reasons[0].change.attribute) == ("warm", "employees")


# Properties


def reaches(compiled: CompiledRule, attributes: Mapping[str, Any], target: str) -> bool:
    tier = compiled.evaluate(prepare(attributes), TODAY).tier
    return tier != INSUFFICIENT_DATA and TIERS.index(tier) >= TIERS.index(target)


@given(rules, companies)
def test_the_changes_reach_the_target_and_none_of_them_could_be_left_out(
    definition: dict[str, Any], company: dict[str, Any]
) -> None:
    check_changes(definition, company)


def test_the_changes_reach_the_target_for_many_seeds() -> None:
    reached = 0
    for seed in range(400):
        random = seeded(seed)
        reached += check_changes(random_rule(random), random_company(random))
    assert reached > 80


def check_changes(definition: dict[str, Any], company: dict[str, Any]) -> bool:
    """Whether there were any."""
    compiled = compile_rule(parse_rule(definition))
    found = counterfactual(compiled, company, today=TODAY)
    changes = [reason.change for reason in found.reasons]
    assert (found.new_score is None) == (not changes)
    if found.target is None or not changes:
        return False
    changed = with_changes(company, changes)
    assert reaches(compiled, changed, found.target)
    assert compiled.evaluate(prepare(changed), TODAY).score == found.new_score
    assert 1 <= len(changes) <= 3
    for left_out in changes:
        others = [change for change in changes if change is not left_out]
        assert not reaches(compiled, with_changes(company, others), found.target)
    assert counterfactual(compiled, company, today=TODAY) == found
    return True


def any_single_changes(company: dict[str, Any]) -> Iterator[Change]:
    """Values from far and wide, whatever the rule."""
    texts = [None, *TEXTS]
    for attribute in ("industry", "country"):
        yield from (Change(attribute, company.get(attribute), text) for text in texts)
    for attribute in ("technologies", "tags"):
        present = company.get(attribute) or []
        yield from (Change(attribute, present, [*present, text]) for text in TEXTS)
        yield from (Change(attribute, present, [text]) for text in TEXTS)
    numbers = [number + side for number in NUMBERS for side in (-1, 0, 1) if isinstance(number, int)]
    yield from (Change("employees", company.get("employees"), number) for number in numbers if number >= 0)
    yield from (Change("email", company.get("email"), value) for value in (True, False, None))


def test_one_attribute_is_found_wherever_one_is_enough() -> None:
    decided = 0
    for seed in range(400):
        random = seeded(seed)
        definition, company = random_rule(random), random_company(random)
        # What is only said not to be names no value, and a pattern none either.
        text = orjson.dumps(definition)
        if any(word in text for word in (b"is_not", b"not_in", b"matches", b"none", b"custom", b"contains")):
            continue
        compiled = compile_rule(parse_rule(definition))
        found = counterfactual(compiled, company, today=TODAY)
        if found.target is None or len(found.reasons) == 1:
            continue
        decided += 1
        for change in any_single_changes(company):
            assert not reaches(compiled, with_changes(company, [change]), found.target), (seed, change)
    assert decided > 10


# Similarity, by a model that is made up


@dataclass(frozen=True, slots=True)
class Likeness:
    """As a model would say."""

    score: float
    percentile: float
    grade: str
    result: bytes = b"{}"


IDEAL: dict[str, Any] = {
    "employees": 200,
    "industry": "Fintech",
    "technologies": ["Stripe", "Go", "Kafka"],
    "country": "US",
    "email": True,
    "description": "Payments for shops",
}


def likeness(attributes: Mapping[str, Any], *, weights: Mapping[str, int] | None = None) -> Likeness:
    """More for each attribute that is like the ideal company's: of employees by ratio, of technologies by share."""
    weight = {"employees": 40, "industry": 30, "technologies": 20, "country": 10, **(weights or {})}
    employees = attributes.get("employees") or 1
    shares = {
        "employees": max(0.0, min(employees, 200) / max(employees, 200)),
        "industry": float(attributes.get("industry") == "Fintech"),
        "technologies": len({*attributes.get("technologies", []), *()} & {*IDEAL["technologies"]}) / 3,
        "country": float(attributes.get("country") == "US"),
    }
    points = round(sum(weight[name] * share for name, share in shares.items()), 2)
    grade = next(grade for least, grade in ((90, "A"), (75, "B"), (50, "C"), (25, "D"), (-1, "F")) if points >= least)
    return Likeness(points, points, grade)


def similar(attributes: Mapping[str, Any], *, neighbours: tuple[Mapping[str, Any], ...] = (IDEAL,)) -> Counterfactual:
    grade = likeness(attributes).grade
    return similar_counterfactual(attributes, grade=grade, neighbours=neighbours, compare=likeness)


def test_a_number_moves_no_further_than_the_grade_asks() -> None:
    company = IDEAL | {"employees": 20, "industry": "Retail", "country": "DE"}
    company |= {"technologies": ["Stripe", "Go", "Kafka"]}
    found = similar(company)
    assert (found.target, list(values(found))) == ("D", ["employees"])
    needed = values(found)["employees"]
    assert likeness(company | {"employees": needed}).grade == "D"
    assert 20 < needed <= 30


def test_an_element_is_added_where_that_is_enough() -> None:
    company = {"employees": 150, "industry": "Retail", "technologies": ["php"], "country": "US"}
    found = similar(company, neighbours=({"technologies": ["Stripe", "Go", "Kafka"]},))
    assert (found.target, found.reasons[0].because) == ("C", "Tech stack")
    assert values(found) == {"technologies": ["php", "Stripe", "Go"]}
    assert found.detail == "With technologies including Stripe and Go it would be C (53.33)."


def test_several_attributes_are_changed_where_one_is_not_enough_for_a_grade() -> None:
    found = similar({"employees": 1, "technologies": ["Stripe", "Go", "Kafka"], "industry": "Fintech"})
    assert found.target == "B"
    assert list(values(found)) == ["employees"]
    found = similar({"industry": "Fintech", "technologies": ["Stripe"], "employees": 10})
    assert found.target == "C"
    assert len(found.reasons) == 1


def test_a_text_is_that_of_the_nearest_customer() -> None:
    nearest = {**IDEAL, "country": "DE"}
    found = similar({"employees": 200, "country": "US"}, neighbours=(IDEAL, nearest))
    assert (found.target, values(found)) == ("B", {"industry": "Fintech"})


def test_neither_contacts_nor_descriptions_are_offered() -> None:
    asked: list[Mapping[str, Any]] = []

    def listening(attributes: Mapping[str, Any]) -> Likeness:
        asked.append(attributes)
        return likeness(attributes)

    similar_counterfactual({}, grade="F", neighbours=(IDEAL,), compare=listening)
    assert asked
    assert not any(name in attributes for attributes in asked for name in ("email", "phone", "linkedin", "description"))


def test_the_best_grade_has_no_next_one() -> None:
    found = similar(IDEAL)
    assert (found.target, found.reasons, found.new_score) == (None, (), None)


def test_without_customers_that_are_known_nothing_is_found() -> None:
    found = similar({}, neighbours=())
    assert (found.target, found.reasons) == ("D", ())


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "employees": st.integers(0, 100_000),
            "industry": st.sampled_from(["Fintech", "Retail"]),
            "technologies": st.lists(st.sampled_from(["Stripe", "Go", "PHP"]), unique=True),
            "country": st.sampled_from(["US", "DE"]),
        },
    )
)
def test_changes_reach_the_next_grade_within_so_many_comparisons(company: dict[str, Any]) -> None:
    counted: Counter[str] = Counter()

    def counting(attributes: Mapping[str, Any]) -> Likeness:
        counted["comparisons"] += 1
        return likeness(attributes)

    grade = likeness(company).grade
    found = similar_counterfactual(company, grade=grade, neighbours=(IDEAL,), compare=counting)
    assert counted["comparisons"] <= MOST_COMPARISONS + 1
    if grade == "A":
        return
    changes = [reason.change for reason in found.reasons]
    assert 1 <= len(changes) <= 3
    reached = likeness(with_changes(company, changes))
    assert found.target is not None
    assert reached.grade <= found.target
    assert reached.score == found.new_score
    for count in range(1, len(changes)):
        for fewer in itertools.combinations(changes, count):
            assert likeness(with_changes(company, fewer)).grade > found.target


# Similarity, by a real model


def company(number: int, *, fits: bool) -> dict[str, Any]:
    """A payments company, or one of any other kind, that numbers make different from each other."""
    kind = {"industry": "Fintech", "technologies": ["Stripe", "Go"], "country": "US", "tags": ["payments"]}
    other = {"industry": ["Retail", "Mining", "Logistics"][number % 3], "technologies": ["PHP"], "country": "DE"}
    return {**(kind if fits else other), "employees": (100 + 7 * number) if fits else 3 ** (number % 9 + 1)}


@pytest.fixture(scope="module")
def comparer() -> ModelComparer:
    customers = [
        Customer(f"customer{number}.com", 1.0, orjson.dumps(company(number, fits=True)).decode())
        for number in range(20)
    ]
    population = [orjson.dumps(company(number, fits=number % 10 == 0)).decode() for number in range(100)]
    reference = Reference(name="your companies", size=100)
    return ModelComparer(build(customers, population=population, reference=reference, version=1))


@pytest.mark.parametrize("number", range(9))
def test_changes_reach_the_next_grade_by_a_real_model(comparer: ModelComparer, number: int) -> None:
    attributes = company(number, fits=False)
    compare = partial(comparer.compare, domain="newstartup.com", as_of=TODAY, today=TODAY)
    present = compare(attributes)
    nearest = [comparer.customer(each["domain"]) for each in orjson.loads(present.result)["similar_customers"]]
    neighbours = [each for each in nearest if each is not None]

    found = similar_counterfactual(attributes, grade=present.grade, neighbours=neighbours, compare=compare)

    assert neighbours
    reached = compare(with_changes(attributes, [reason.change for reason in found.reasons]))
    assert (reached.score, reached.grade <= (found.target or "")) == (found.new_score, True)
    assert 1 <= len(found.reasons) <= 3


def test_a_company_that_is_no_customer_has_no_customers_attributes(comparer: ModelComparer) -> None:
    assert comparer.customer("newstartup.com") is None
    assert comparer.customer("customer3.com") == company(3, fits=True)


# Sizes and words


def test_half_and_double_are_as_far_and_nearer_than_another_text() -> None:
    half, double = Change("employees", 100, 50).size, Change("employees", 100, 200).size
    assert half == pytest.approx(double)
    assert half < Change("industry", "Retail", "Fintech").size < Change("employees", 100, 1000).size
    assert Change("founded", 2000, 2015).size == 1.5
    assert Change("technologies", ["a", "b"], ["a", "c", "d"]).size == 3
    assert Change("custom.balance", -50, 50).size == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("industry", None, "Fintech"), "industry Fintech"),
        (Change("industry", "Fintech", None), "industry not known"),
        (Change("industry", None, True), "industry known"),
        (Change("employees", 20, 1500), "1,500 employees"),
        (Change("revenue", 20, 1_500_000), "revenue of 1,500,000"),
        (Change("founded", 2001, 2019), "2019 as the year of its foundation"),
        (Change("technologies", ["a", "b"], ["a", "c", "d"]), "technologies including c and d and without b"),
        (Change("last_funding_at", None, "2026-01-31"), "last funding on 2026-01-31"),
        (Change("email", None, True), "email known"),
        (Change("custom.vip", None, True), "vip true"),
        (Change("description", None, "x" * 100), f"description {'x' * 79}…"),
    ],
)
def test_changes_are_put_into_words(change: Change, words: str) -> None:
    assert in_words([change]) == words


# The handler


@pytest.fixture
def comparers() -> NoComparers:
    return NoComparers()


async def test_a_score_by_a_rule_is_answered_by_its_counterfactual(
    serve: Serve, clock: Clock, comparers: NoComparers
) -> None:
    cursors, compiled = Cursors(MASTER_KEY), CompiledRules()
    service = serve(
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
        *RuleHandlers(clock=clock).all(),
        *ScoringHandlers(clock=clock, compiled=compiled).all(),
        *CounterfactualHandlers(compiled=compiled, comparers=comparers).all(),
    )
    definition = {"name": "ICP", "conditions": [condition("technologies", "uses", "Stripe", 30)]}
    await service.ask(profiles.PUT, {"domain": "newstartup.com", "attributes": {"technologies": ["React"]}})
    await service.ask(rulebook.PUT, {"id": "sr_icp", "definition": definition, "publish": True})
    given = body(await service.ask(scores.SCORE, {"domain": "newstartup.com"}))
    await service.ask(profiles.PUT, {"domain": "newstartup.com", "attributes": {}})

    outcome = await service.ask(explained.COUNTERFACTUAL, {"id": given["score_id"]})
    foreign = await service.ask(explained.COUNTERFACTUAL, {"id": given["score_id"]}, tenant=OTHER)

    assert body(outcome) == {
        "score_id": given["score_id"],
        "kind": "rule",
        "score": 0,
        "present": "cold",
        "target": "neutral",
        "reachable": True,
        "changes": [
            {
                "attribute": "technologies",
                "present": ["React"],
                "needed": ["React", "Stripe"],
                "because": "Uses Stripe",
            }
        ],
        "new_score": 30,
        "detail": "With technologies including Stripe it would be neutral (30).",
    }
    explained.Counterfactual.model_validate_json(outcome.body)
    assert (foreign.status, body(foreign)["code"]) == (404, "score_not_found")
