"""Rules that cannot be compiled are refused with every fault, at its place."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_contracts.rules import RuleDefinition
from winnow_scoring.compiler import compile_rule
from winnow_scoring.problems import RuleError
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.starter import STARTER_DEFINITION

from tests.scoring.generated import rules

SOUND = {"attribute": "industry", "operator": "is", "value": "Technology", "points": 5}


OUR_WORDS = (
    "def rule snapshot today explained readings day toordinal isdisjoint total return "
    "if else not in or and is False True None 0"
)


def faults(definition: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as refused:
        parse_rule(definition)
    return [(error.pointer, error.code) for error in refused.value.errors]


def faults_of(*conditions: Any, **rest: Any) -> list[tuple[str, str]]:
    return faults({"name": "Test", "conditions": list(conditions), **rest})


def nested(depth: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"attribute": "email", "operator": "has"}
    for _ in range(depth):
        condition = {"any": [condition]}
    return {**condition, "points": 1}


def test_all_faults_are_told_at_once_in_the_order_of_the_definition() -> None:
    assert faults_of(
        {"attribute": "sector", "operator": "like", "points": 1.5, "weight": 2},
        {
            "any": [{"attribute": "industry", "operator": ">", "value": 1}, {"attribute": "name", "operator": "is"}],
            "points": 1,
        },
        tiers={"hot": 10},
        owner="me",
    ) == [
        ("/owner", "unknown_field"),
        ("/conditions/0/weight", "unknown_field"),
        ("/conditions/0/attribute", "unknown_attribute"),
        ("/conditions/0/operator", "unknown_operator"),
        ("/conditions/0/points", "invalid_points"),
        ("/conditions/1/any/0/operator", "operator_does_not_fit"),
        ("/conditions/1/any/1", "value_missing"),
        ("/tiers", "tier_order"),
    ]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"attribute": None}, "", "attribute_missing"),
        ({"attribute": 5}, "/attribute", "unknown_attribute"),
        ({"attribute": "custom."}, "/attribute", "unknown_attribute"),
        ({"attribute": "custom." + "x" * 65}, "/attribute", "unknown_attribute"),
        ({"attribute": "custom.a\0"}, "/attribute", "unknown_attribute"),
        ({"attribute": "custom.\ud800"}, "/attribute", "unknown_attribute"),
        ({"operator": None}, "", "operator_missing"),
        ({"operator": ["is"]}, "/operator", "unknown_operator"),
        ({"operator": "uses"}, "/operator", "operator_does_not_fit"),
        ({"operator": "within_days", "value": 5}, "/operator", "operator_does_not_fit"),
        ({"operator": "has"}, "/value", "value_does_not_fit"),
        ({"value": None}, "", "value_missing"),
        ({"value": " "}, "/value", "value_does_not_fit"),
        ({"value": 5}, "/value", "value_does_not_fit"),
        ({"value": ["a"]}, "/value", "value_does_not_fit"),
        ({"value": "x" * 1001}, "/value", "value_does_not_fit"),
        ({"value": "a\0"}, "/value", "value_does_not_fit"),
        ({"value": "\ud800"}, "/value", "value_does_not_fit"),
        ({"operator": "in"}, "/value", "value_does_not_fit"),
        ({"operator": "in", "value": []}, "/value", "value_does_not_fit"),
        ({"operator": "in", "value": ["a", 5]}, "/value/1", "value_does_not_fit"),
        ({"operator": "in", "value": ["a"] * 1001}, "/value", "value_does_not_fit"),
        ({"attribute": "custom.x", "operator": "in", "value": ["a", 5]}, "/value", "value_does_not_fit"),
        ({"attribute": "custom.x", "operator": "in", "value": [True]}, "/value/0", "value_does_not_fit"),
        ({"attribute": "custom.x", "operator": ">", "value": "many"}, "/value", "value_does_not_fit"),
        ({"attribute": "custom.x", "operator": "is", "value": {}}, "/value", "value_does_not_fit"),
        ({"attribute": "email", "value": "joe"}, "/value", "value_does_not_fit"),
        ({"attribute": "email", "operator": "contains"}, "/operator", "operator_does_not_fit"),
        ({"attribute": "employees", "value": "5"}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "value": True}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "value": float("nan")}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "value": float("inf")}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "value": 2**53}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "operator": "between", "value": 5}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "operator": "between", "value": [1, 2, 3]}, "/value", "value_does_not_fit"),
        ({"attribute": "employees", "operator": "between", "value": [2, 1]}, "/value", "empty_range"),
        ({"attribute": "last_funding_at", "operator": ">", "value": "2026-02-30"}, "/value", "value_does_not_fit"),
        (
            {"attribute": "last_funding_at", "operator": "between", "value": ["2026-02-02", "2026-02-01"]},
            "/value",
            "empty_range",
        ),
        ({"attribute": "last_funding_at", "operator": "within_days", "value": -1}, "/value", "value_does_not_fit"),
        ({"attribute": "last_funding_at", "operator": "within_days", "value": 1.5}, "/value", "value_does_not_fit"),
        ({"attribute": "last_funding_at", "operator": "within_days", "value": 36_501}, "/value", "value_does_not_fit"),
        ({"operator": "matches", "value": "(a"}, "/value", "invalid_pattern"),
        ({"operator": "matches", "value": "(?=a)"}, "/value", "invalid_pattern"),
        ({"operator": "matches", "value": r"(a)\1"}, "/value", "invalid_pattern"),
        ({"operator": "matches", "value": "((a{100}){100}){100}"}, "/value", "invalid_pattern"),
        ({"operator": "matches", "value": "a" * 1001}, "/value", "value_does_not_fit"),
        ({"points": None}, "/points", "invalid_points"),
        ({"points": True}, "/points", "invalid_points"),
        ({"points": "5"}, "/points", "invalid_points"),
        ({"points": 1_000_001}, "/points", "invalid_points"),
        ({"label": ""}, "/label", "invalid_label"),
        ({"label": "x" * 201}, "/label", "invalid_label"),
        ({"label": "\ud800"}, "/label", "invalid_label"),
        ({"group": ""}, "/group", "invalid_group"),
        ({"group": ["x"]}, "/group", "invalid_group"),
        ({"decay": 5}, "/decay", "invalid_decay"),
        ({"decay": {"attribute": "last_funding_at"}}, "/decay", "invalid_decay"),
        ({"decay": {"attribute": "last_funding_at", "half_life_days": 1, "linear_days": 1}}, "/decay", "invalid_decay"),
        ({"decay": {"attribute": "last_funding_at", "half_life_days": 0}}, "/decay/half_life_days", "invalid_decay"),
        ({"decay": {"attribute": "founded", "linear_days": 5}}, "/decay/attribute", "attribute_not_dated"),
        ({"decay": {"linear_days": 5}}, "/decay/attribute", "unknown_attribute"),
        ({"any": [], "attribute": None, "operator": None, "value": None}, "/any", "empty_group"),
        ({"any": [SOUND], "all": [SOUND]}, "", "ambiguous_group"),
    ],
)
def test_a_fault_in_a_condition_is_told_with_its_place(change: dict[str, Any], pointer: str, code: str) -> None:
    assert faults_of({**SOUND, **change}) == [(f"/conditions/0{pointer}", code)]


@pytest.mark.parametrize(
    ("rest", "pointer", "code"),
    [
        ({"name": ""}, "/name", "invalid_name"),
        ({"name": 5}, "/name", "invalid_name"),
        ({"name": "x" * 201}, "/name", "invalid_name"),
        ({"conditions": []}, "/conditions", "conditions_missing"),
        ({"conditions": {}}, "/conditions", "conditions_missing"),
        ({"conditions": [5]}, "/conditions/0", "wrong_type"),
        ({"tiers": []}, "/tiers", "wrong_type"),
        ({"tiers": {"hot": 79.5}}, "/tiers/hot", "invalid_tier"),
        ({"tiers": {"icy": 5}}, "/tiers/icy", "unknown_field"),
        ({"tiers": {"warm": 90}}, "/tiers", "tier_order"),
        ({"insufficient_data_above": 1.5}, "/insufficient_data_above", "invalid_share"),
        ({"insufficient_data_above": True}, "/insufficient_data_above", "invalid_share"),
        ({"caps": 5}, "/caps", "wrong_type"),
        ({"caps": {"groups": []}}, "/caps", "wrong_type"),
        ({"caps": {"total": [0]}}, "/caps/total", "invalid_cap"),
        ({"caps": {"total": [0, "100"]}}, "/caps/total/1", "invalid_cap"),
        ({"caps": {"total": [100, 0]}}, "/caps/total", "empty_range"),
        ({"caps": {"groups": {"a/b~c": [0, 5]}}}, "/caps/groups/a~1b~0c", "unknown_group"),
        ({"\ud800": 1}, "/?", "unknown_field"),
    ],
)
def test_a_fault_in_the_rest_of_a_rule_is_told_with_its_place(rest: dict[str, Any], pointer: str, code: str) -> None:
    assert faults({"name": "Test", "conditions": [SOUND], **rest}) == [(pointer, code)]


def test_points_belong_to_the_conditions_of_the_rule_and_not_to_members_of_groups() -> None:
    assert faults_of({"any": [SOUND], "points": 5}) == [("/conditions/0/any/0/points", "unknown_field")]
    assert faults_of({"any": [{"attribute": "email", "operator": "has"}]}) == [("/conditions/0", "points_missing")]


def test_groups_go_eight_deep_and_no_deeper() -> None:
    parse_rule({"name": "Test", "conditions": [nested(8)]})

    assert faults_of(nested(9)) == [("/conditions/0" + "/any/0" * 8, "too_deep")]
    assert faults_of(nested(400))[0][1] == "too_deep"


def test_a_rule_has_two_hundred_conditions_and_no_more() -> None:
    parse_rule({"name": "Test", "conditions": [SOUND] * 200})

    assert faults_of(*[SOUND] * 201) == [("/conditions/200", "too_many_conditions")]
    assert faults_of({"any": [{"attribute": "email", "operator": "has"}] * 200, "points": 1}) == [
        ("/conditions/0/any/199", "too_many_conditions")
    ]


def test_a_rule_of_more_than_128_kib_is_refused() -> None:
    long_list = {**SOUND, "operator": "in", "value": ["x" * 900] * 150}

    assert faults_of(long_list) == [("", "rule_too_large")]


def test_null_reads_as_absent() -> None:
    nulls = {**SOUND, "any": None, "all": None, "none": None, "label": None, "group": None, "decay": None}

    assert parse_rule({"name": "Test", "conditions": [nulls], "tiers": None, "caps": None}) == parse_rule(
        {"name": "Test", "conditions": [SOUND]}
    )


def test_the_generated_function_contains_nothing_that_a_user_wrote() -> None:
    marker = "__import__('os').system('x')"
    conditions = [
        {"attribute": f"custom.{marker}", "operator": "is", "value": marker, "points": 987_654, "label": marker},
        {"attribute": "name", "operator": "matches", "value": "evil.*pattern", "points": 5, "group": "evil group"},
        {"attribute": "employees", "operator": "in", "value": [424_242], "points": -5},
    ]
    rule = compile_rule(
        parse_rule(
            {"name": marker, "conditions": conditions, "caps": {"total": [-777, 888], "groups": {"evil group": [0, 3]}}}
        )
    )

    words = set(re.findall(r"[A-Za-z_]+|\d+|'", re.sub(r"(constant|reading|state|points|group)_\d+", "", rule.source)))

    assert words <= set(OUR_WORDS.split())


@given(rules)
def test_what_compiles_is_what_the_contract_describes(definition: dict[str, Any]) -> None:
    assert RuleDefinition.model_validate(definition).definition() == definition


def test_the_starter_rule_is_what_the_contract_describes() -> None:
    assert RuleDefinition.model_validate(STARTER_DEFINITION).definition() == STARTER_DEFINITION


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(st.characters(codec=None), max_size=5)
    | st.sampled_from(["industry", "is", "in", "custom.x", "between", "matches"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(codec=None), max_size=3)
            | st.sampled_from(
                [
                    "conditions",
                    "attribute",
                    "operator",
                    "value",
                    "any",
                    "none",
                    "points",
                    "decay",
                    "group",
                    "caps",
                    "tiers",
                    "hot",
                    "total",
                    "groups",
                    "label",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(["name", "conditions", "tiers", "caps", "insufficient_data_above", "x"]), _json))
def test_any_json_is_a_rule_or_is_refused_with_places_that_can_be_written(definition: dict[str, Any]) -> None:
    try:
        compile_rule(parse_rule(definition))
    except RuleError as refused:
        written = [f"{error.pointer}{error.detail}" for error in refused.errors]
    else:
        written = ["compiled"]

    assert all(text.encode() for text in written)
    assert written
