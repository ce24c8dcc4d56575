"""Lint finds what a rule's author would want to know, and is never wrong about it."""

from itertools import combinations
from typing import Any

import pytest
from winnow_scoring.compiler import compile_rule
from winnow_scoring.conditions import Comparison
from winnow_scoring.extents import extent_of
from winnow_scoring.lint import lint_rule
from winnow_scoring.reach import score_range
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.snapshots import prepare
from winnow_scoring.starter import STARTER_DEFINITION
from winnow_scoring.value_sets import Interval

from tests.scoring.generated import TODAY, random_company, random_comparison, random_rule, seeded
from tests.scoring.interpreter import holds

SEEDS = 2_000


def condition(attribute: str, operator: str, value: Any = None, points: int = 100) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "value": value, "points": points}


def member(attribute: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "value": value}


def findings(*conditions: dict[str, Any], **rest: Any) -> list[tuple[str, str]]:
    rule = parse_rule({"name": "Test", "conditions": list(conditions), **rest})
    return [(warning.code, warning.pointer) for warning in lint_rule(rule)]


ANYTHING = condition("name", "has")


def test_a_rule_without_oddities_has_no_findings() -> None:
    assert (
        findings(ANYTHING, condition("employees", "between", [1, 49]), condition("employees", "between", [50, 99]))
        == []
    )


@pytest.mark.parametrize(
    "impossible",
    [
        condition("confidence", ">", 1),
        condition("confidence", "is", 85),
        condition("employees", "<", 0),
        condition("employees", "between", [0.2, 0.8]),
        condition("employees", "in", [5.5, -1]),
        condition("founded", ">=", 10_000),
        {"all": [member("industry", "is", "A"), member("industry", "is", "B")], "points": 1},
        {"all": [member("industry", "in", ["A"]), member("industry", "not_in", [" a", "b"])], "points": 1},
        {"all": [member("employees", ">", 50), member("employees", "<", 51)], "points": 1},
        {"all": [member("revenue", ">", 50), member("revenue", "<=", 50)], "points": 1},
        {"all": [member("tags", "uses", "vip"), member("tags", "not_in", ["VIP", "new"])], "points": 1},
        {"all": [member("email", "has"), member("email", "is", False)], "points": 1},
        {"any": [member("confidence", ">", 1), member("confidence", "<", 0)], "points": 1},
    ],
)
def test_a_condition_that_cannot_match_is_told(impossible: dict[str, Any]) -> None:
    assert findings(ANYTHING, impossible) == [("cannot_match", "/conditions/1")]


@pytest.mark.parametrize(
    "possible",
    [
        {"all": [member("tags", "is", "A"), member("tags", "is", "B")], "points": 1},
        {"all": [member("tags", "is", "A"), member("tags", "is_not", "B")], "points": 1},
        {"all": [member("revenue", ">", 50), member("revenue", "<", 51)], "points": 1},
        {"none": [member("confidence", ">", 0.5), member("confidence", "<", 0.5)], "points": 1},
    ],
)
def test_a_condition_that_can_match_is_left_alone(possible: dict[str, Any]) -> None:
    assert findings(ANYTHING, possible) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (condition("industry", "is", "Bank"), condition("industry", "in", [" BANK "])),
        (condition("employees", "between", [5, 5]), condition("employees", "is", 5)),
        (condition("email", "has"), condition("email", "is", True)),
        (condition("tags", "uses", "vip"), condition("tags", "contains", "VIP")),
        (condition("city", "matches", "^a"), condition("city", "matches", "^a")),
        (
            {"any": [member("city", "is", "A")], "points": 1},
            {"any": [member("city", "is", "A")], "points": 1, "label": "x"},
        ),
    ],
)
def test_a_condition_that_says_the_same_again_is_told(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert findings(ANYTHING, one, other) == [("duplicate_condition", "/conditions/2")]


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (condition("employees", ">", 500), condition("employees", ">=", 500)),
        (condition("employees", ">", 500), condition("employees", "has")),
        (condition("industry", "is", "Fintech"), condition("industry", "contains", "tech")),
        (condition("industry", "matches", "^fin"), condition("industry", "has")),
        (condition("industry", "contains", "fintech"), condition("industry", "is_not", "retail")),
        (condition("industry", "not_in", ["a", "b"]), condition("industry", "is_not", "A")),
        (condition("tags", "is", "a"), condition("tags", "in", ["a", "b"])),
        (condition("last_funding_at", "within_days", 30), condition("last_funding_at", "within_days", 90)),
        (condition("last_funding_at", ">", "2026-01-01"), condition("last_funding_at", ">", "2025-01-01")),
    ],
)
def test_a_condition_that_another_implies_is_told(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    assert findings(ANYTHING, narrow, wide) == [("implied_condition", "/conditions/2")]
    assert findings(ANYTHING, wide, narrow) == [("implied_condition", "/conditions/1")]


def test_inside_a_group_the_member_that_changes_nothing_is_told() -> None:
    narrow, wide = member("employees", ">", 500), member("employees", ">", 50)

    assert findings({"all": [narrow, wide], "points": 100}) == [("implied_condition", "/conditions/0/all/1")]
    assert findings({"any": [narrow, wide], "points": 100}) == [("implied_condition", "/conditions/0/any/0")]
    assert findings({"none": [narrow, wide], "points": 100}) == [("implied_condition", "/conditions/0/none/0")]


def test_bands_that_overlap_are_told_where_both_give_points() -> None:
    low, high = condition("employees", "between", [50, 500]), condition("employees", "between", [500, 900])
    penalty = {**high, "points": -5}

    assert findings(low, high) == [("overlapping_bands", "/conditions/1")]
    assert findings(low, penalty) == []
    assert findings(low, condition("employees", "between", [501, 900])) == []


def test_a_tier_that_no_score_reaches_is_told() -> None:
    assert findings(condition("name", "has", points=60)) == [("unreachable_tier", "/tiers/hot")]
    assert findings(ANYTHING, tiers={"warm": 80}) == [("unreachable_tier", "/tiers/warm")]
    assert findings(ANYTHING, caps={"total": [20, 100]}) == [("unreachable_tier", "/tiers")]
    assert findings(condition("city", "is", "A", 50), condition("city", "is", "B", 50)) == [
        ("unreachable_tier", "/tiers/hot")
    ]


def test_a_group_that_has_no_cap_is_told() -> None:
    assert findings({**ANYTHING, "group": "tech"}) == [("group_without_cap", "/conditions/0/group")]


def test_a_place_is_told_once_for_each_oddity() -> None:
    assert findings(*[ANYTHING] * 200) == [("duplicate_condition", f"/conditions/{index}") for index in range(1, 200)]


def test_the_starter_rule_has_no_oddities() -> None:
    assert lint_rule(parse_rule(STARTER_DEFINITION)) == []


@pytest.mark.parametrize("seed", range(0, SEEDS, 200))
def test_no_company_proves_lint_wrong(seed: int) -> None:
    for number in range(seed, seed + 200):
        random = seeded(number)
        rule = compile_rule(parse_rule(random_rule(random)))
        company = prepare(random_company(random))
        told = {(warning.code, warning.pointer) for warning in lint_rule(rule.rule)}
        lowest, highest = score_range(rule.rule)

        evaluation = rule.evaluate(company, TODAY)
        lines = evaluation.as_json_lines()[: len(rule.rule.criteria)]

        assert lowest <= evaluation.score <= highest
        assert ("unreachable_tier", f"/tiers/{evaluation.tier}") not in told
        matched = [index for index, line in enumerate(lines) if line["matched"]]
        assert not any(("cannot_match", f"/conditions/{index}") in told for index in matched)


def test_what_implies_or_excludes_another_does_so_for_every_company() -> None:
    random = seeded(0)
    companies = [random_company(random) for _ in range(200)]
    conclusions = 0
    for _ in range(150):
        written = [random_comparison(random) for _ in range(12)]
        for one, other in combinations(written, 2):
            first, second = extent_of(read(one)), extent_of(read(other))
            implies, excludes = first.implies(second), first.excludes(second)
            if not implies and not excludes:
                continue
            conclusions += 1
            held = [holds(other, company, TODAY) for company in companies if holds(one, company, TODAY)]
            assert not implies or all(held), (one, other)
            assert not excludes or not any(held), (one, other)
    assert conclusions > 200


def read(written: dict[str, Any]) -> Comparison:
    condition_read = parse_rule({"name": "Test", "conditions": [{**written, "points": 1}]}).criteria[0].condition
    assert isinstance(condition_read, Comparison)
    return condition_read


@pytest.mark.parametrize(
    ("one", "other", "whole", "empty"),
    [
        (Interval(1, 5), Interval(5, 9), False, False),
        (Interval(1, 5), Interval(5, 9, lower_open=True), False, True),
        (Interval(1, 5, upper_open=True), Interval(5, 9), False, True),
        (Interval(1, 6, upper_open=True), Interval(5, 9, lower_open=True), False, False),
        (Interval(1, 6, upper_open=True), Interval(5, 9, lower_open=True), True, True),
        (Interval(5, lower_open=True), Interval(upper=6), True, False),
    ],
)
def test_intervals_meet_where_they_have_a_number_in_common(
    one: Interval, other: Interval, *, whole: bool, empty: bool
) -> None:
    assert one.meet(other).is_empty(whole=whole) is empty
    assert other.meet(one).is_empty(whole=whole) is empty
