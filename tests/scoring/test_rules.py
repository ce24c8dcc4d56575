"""What rules say: the seed's example, missing values, texts, lists, dates, caps, decay, tiers and labels."""

from datetime import date
from typing import Any

import orjson
import pytest
from winnow_scoring.breakdown import Evaluation
from winnow_scoring.compiler import CompiledRule, compile_rule
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.rules import rule_hash
from winnow_scoring.snapshots import prepare
from winnow_scoring.starter import STARTER_DEFINITION

TODAY = date(2026, 3, 1)

SEED_RULE = {
    "name": "ICP Score",
    "conditions": [
        {"attribute": "industry", "operator": "is", "value": "Technology", "points": 25},
        {"attribute": "country", "operator": "is", "value": "US", "points": 15},
        {"attribute": "technologies", "operator": "uses", "value": "Stripe", "points": 30},
        {"attribute": "email", "operator": "has", "points": 10},
        {"attribute": "confidence", "operator": ">", "value": 0.85, "points": 5},
        {"attribute": "technologies", "operator": "uses", "value": "WordPress", "points": -10},
    ],
    "tiers": {"hot": 80, "warm": 50, "neutral": 20},
    "caps": {"total": [0, 100]},
}
SEED_COMPANY = {
    "industry": "technology ",
    "country": "us",
    "technologies": ["STRIPE", "React"],
    "email": True,
    "confidence": 0.92,
}


def compiled(*conditions: dict[str, Any], **rest: Any) -> CompiledRule:
    return compile_rule(parse_rule({"name": "Test", "conditions": list(conditions), **rest}))


def evaluated(company: dict[str, Any], *conditions: dict[str, Any], **rest: Any) -> Evaluation:
    return compiled(*conditions, **rest).evaluate(prepare(company), TODAY)


def line(company: dict[str, Any], **condition: Any) -> dict[str, Any]:
    """The only line of a rule of one condition that gives a point, without its label."""
    (found,) = evaluated(company, {"points": 1, **condition}).as_json_lines()
    return {name: value for name, value in found.items() if name not in {"condition", "points", "conditions"}}


MATCHED = {"matched": True}
UNMATCHED = {"matched": False}
MISSING = {"matched": False, "missing": True}


def test_the_example_of_the_documents_gives_its_answer() -> None:
    evaluation = compile_rule(parse_rule(SEED_RULE)).evaluate(prepare(SEED_COMPANY), TODAY)

    assert (evaluation.score, evaluation.tier, evaluation.missing) == (85, "hot", ())
    assert evaluation.as_json_lines() == [
        {"condition": "Industry is Technology", "matched": True, "points": 25},
        {"condition": "Country is US", "matched": True, "points": 15},
        {"condition": "Uses Stripe", "matched": True, "points": 30},
        {"condition": "Has email", "matched": True, "points": 10},
        {"condition": "Confidence > 0.85", "matched": True, "points": 5},
        {"condition": "Uses WordPress", "matched": False, "points": 0},
    ]


@pytest.mark.parametrize("value", [None, "", "  ", "\u3000"])
def test_a_blank_text_is_missing_and_not_a_no(value: str | None) -> None:
    assert line({"industry": value}, attribute="industry", operator="is_not", value="Retail") == MISSING
    assert line({"industry": value}, attribute="industry", operator="has") == UNMATCHED


@pytest.mark.parametrize("company", [{}, {"tags": None}, {"tags": []}, {"tags": ["", " "]}])
def test_a_list_of_nothing_is_missing(company: dict[str, Any]) -> None:
    assert line(company, attribute="tags", operator="not_in", value=["vip"]) == MISSING
    assert line(company, attribute="tags", operator="has") == UNMATCHED


def test_zero_and_false_are_values() -> None:
    assert line({"employees": 0}, attribute="employees", operator="has") == MATCHED
    assert line({"email": False}, attribute="email", operator="is", value=False) == MATCHED
    assert line({"email": False}, attribute="email", operator="has") == UNMATCHED
    assert line({}, attribute="email", operator="is", value=False) == MISSING


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("ﬁnTech", "FINTECH"),
        ("Straße", "STRASSE"),
        ("Straße" * 7, "STRASSE" * 7),
        (" US\n", "us"),
        ("\uff21\uff22", "ab"),
        ("Ⅷ", "viii"),
        ("Cafe\u0301", "café"),
    ],
)
def test_texts_are_compared_after_nfkc_trimming_and_case_folding(written: str, asked: str) -> None:
    assert line({"industry": written}, attribute="industry", operator="is", value=asked) == MATCHED
    assert line({"industry": f"x {written} y"}, attribute="industry", operator="contains", value=asked) == MATCHED
    assert line({"tags": ["z", written]}, attribute="tags", operator="in", value=["q", asked]) == MATCHED


def test_on_a_list_is_holds_for_any_element_and_is_not_for_none() -> None:
    company = {"technologies": ["Stripe", "React"]}

    assert line(company, attribute="technologies", operator="is", value="react") == MATCHED
    assert line(company, attribute="technologies", operator="is_not", value="react") == UNMATCHED
    assert line(company, attribute="technologies", operator="is_not", value="vue") == MATCHED
    assert line(company, attribute="technologies", operator="in", value=["vue", "react"]) == MATCHED
    assert line(company, attribute="technologies", operator="not_in", value=["vue", "react"]) == UNMATCHED
    assert line(company, attribute="technologies", operator="contains", value="act") == UNMATCHED
    assert line(company, attribute="technologies", operator="matches", value="^re") == MATCHED


@pytest.mark.parametrize(("employees", "expected"), [(49, UNMATCHED), (50, MATCHED), (500, MATCHED), (501, UNMATCHED)])
def test_both_ends_of_between_are_included(employees: int, expected: dict[str, Any]) -> None:
    assert line({"employees": employees}, attribute="employees", operator="between", value=[50, 500]) == expected


@pytest.mark.parametrize(
    ("funded", "expected"),
    [("2026-03-02", UNMATCHED), ("2026-03-01", MATCHED), ("2026-01-30", MATCHED), ("2026-01-29", UNMATCHED)],
)
def test_within_days_counts_from_today_back_and_never_forward(funded: str, expected: dict[str, Any]) -> None:
    company = {"last_funding_at": funded}

    assert line(company, attribute="last_funding_at", operator="within_days", value=30) == expected


def test_a_moment_of_your_own_counts_by_its_day_in_utc() -> None:
    company = {"custom": {"renewed": "2026-02-28T23:30:00-05:00"}}

    assert line(company, attribute="custom.renewed", operator="within_days", value=0) == MATCHED


@pytest.mark.parametrize("value", ["soon", 5, True, ["2026-02-28"]])
def test_a_value_of_another_type_is_no_match_and_not_missing(value: Any) -> None:
    company = {"custom": {"renewed": value}}

    assert line(company, attribute="custom.renewed", operator="within_days", value=30) == UNMATCHED
    assert line(company, attribute="custom.renewed", operator=">", value="2020-01-01") == UNMATCHED


def test_true_is_not_one() -> None:
    assert line({"custom": {"x": True}}, attribute="custom.x", operator="is", value=1) == UNMATCHED
    assert line({"custom": {"x": 1}}, attribute="custom.x", operator="is", value=True) == UNMATCHED
    assert line({"custom": {"x": 1}}, attribute="custom.x", operator="in", value=[1, 2]) == MATCHED


def test_a_pattern_is_found_anywhere_without_regard_to_case() -> None:
    company = {"description": "We build PAYMENT rails"}

    assert line(company, attribute="description", operator="matches", value=r"payments?\s+rails$") == MATCHED
    assert line(company, attribute="description", operator="matches", value="^payment") == UNMATCHED
    assert line({"name": "Groß AG"}, attribute="name", operator="matches", value="GROß") == MATCHED


UNKNOWN = {"attribute": "city", "operator": "is", "value": "Berlin"}
YES = {"attribute": "employees", "operator": ">", "value": 1}
NO = {"attribute": "employees", "operator": ">", "value": 100}


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"any": [UNKNOWN, YES]}, MATCHED),
        ({"any": [UNKNOWN, NO]}, MISSING),
        ({"any": [NO]}, UNMATCHED),
        ({"all": [UNKNOWN, YES]}, MISSING),
        ({"all": [UNKNOWN, NO]}, UNMATCHED),
        ({"all": [YES]}, MATCHED),
        ({"none": [UNKNOWN, YES]}, UNMATCHED),
        ({"none": [UNKNOWN, NO]}, MISSING),
        ({"none": [NO]}, MATCHED),
        ({"none": [{"none": [UNKNOWN, YES]}]}, MATCHED),
        ({"none": [{"all": [UNKNOWN, NO]}]}, MATCHED),
    ],
)
def test_a_group_is_missing_only_where_the_missing_part_decides(
    group: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert line({"employees": 50}, **group) == expected


def test_a_group_unfolds_inside_its_line() -> None:
    (found,) = evaluated({"employees": 50}, {"any": [UNKNOWN, {"all": [YES]}], "points": 5}).as_json_lines()

    assert found == {
        "condition": "City is Berlin or (Employees > 1)",
        "matched": True,
        "points": 5,
        "conditions": [
            {"condition": "City is Berlin", "matched": False, "missing": True},
            {
                "condition": "Employees > 1",
                "matched": True,
                "conditions": [{"condition": "Employees > 1", "matched": True}],
            },
        ],
    }


def test_what_is_missing_is_named_once_in_the_order_of_the_rule() -> None:
    evaluation = evaluated(
        {"employees": 50},
        {"attribute": "tags", "operator": "is", "value": "vip", "points": 1},
        {"any": [YES, UNKNOWN], "points": 1, "decay": {"attribute": "last_funding_at", "linear_days": 10}},
        {"attribute": "tags", "operator": "is", "value": "new", "points": 1},
        {"attribute": "phone", "operator": "has", "points": 1},
    )

    assert evaluation.missing == ("tags", "city", "last_funding_at")


def capped_lines(caps: dict[str, Any], *points: int, group: str | None = None) -> tuple[int, list[dict[str, Any]]]:
    conditions = [{**YES, "points": given} | ({"group": group} if group else {}) for given in points]
    evaluation = evaluated({"employees": 50}, *conditions, caps=caps)
    return evaluation.score, evaluation.as_json_lines()[len(points) :]


def test_caps_are_lines_of_their_own_and_come_last() -> None:
    assert capped_lines({"total": [0, 100]}, 115) == (
        100,
        [{"condition": "Cap at 100", "matched": True, "points": -15}],
    )
    assert capped_lines({"total": [0, 100]}, -7) == (0, [{"condition": "Floor at 0", "matched": True, "points": 7}])
    assert capped_lines({"total": [0, None]}, 115) == (115, [])
    assert capped_lines({"total": [0, 100]}, 100) == (100, [])


def test_a_group_is_capped_before_the_total() -> None:
    caps = {"total": [0, 30], "groups": {"tech": [0, 40]}}

    assert capped_lines(caps, 25, 25, group="tech") == (
        30,
        [
            {"condition": "Cap on tech at 40", "matched": True, "points": -10},
            {"condition": "Cap at 30", "matched": True, "points": -10},
        ],
    )


@pytest.mark.parametrize(
    ("decay", "points", "age", "left"),
    [
        ({"half_life_days": 90}, 20, 0, 20),
        ({"half_life_days": 90}, 20, 90, 10),
        ({"half_life_days": 90}, 5, 90, 3),
        ({"half_life_days": 90}, -5, 90, -3),
        ({"half_life_days": 90}, 5, 180, 1),
        ({"half_life_days": 1}, 1_000_000, 36_000, 0),
        ({"linear_days": 10}, 20, 5, 10),
        ({"linear_days": 10}, 5, 5, 3),
        ({"linear_days": 10}, -5, 5, -3),
        ({"linear_days": 10}, 20, 10, 0),
        ({"linear_days": 10}, 20, 11, 0),
        ({"linear_days": 10}, 20, -3, 20),
    ],
)
def test_points_fade_with_age_and_halves_round_away_from_zero(
    decay: dict[str, int], points: int, age: int, left: int
) -> None:
    funded = date.fromordinal(TODAY.toordinal() - age).isoformat()
    condition = {**YES, "points": points, "decay": {"attribute": "last_funding_at", **decay}}

    evaluation = evaluated({"employees": 50, "last_funding_at": funded}, condition)

    assert evaluation.score == left
    assert evaluation.as_json_lines()[0]["points"] == left


def test_a_condition_whose_decay_has_no_date_is_missing_unless_it_is_false_anyway() -> None:
    decay = {"attribute": "last_funding_at", "linear_days": 10}

    assert line({"employees": 50}, **YES, decay=decay) == MISSING
    assert line({"employees": 50}, **NO, decay=decay) == UNMATCHED
    assert line(
        {"employees": 50, "custom": {"d": "soon"}}, **YES, decay={"attribute": "custom.d", "linear_days": 1}
    ) == (UNMATCHED)


@pytest.mark.parametrize(
    ("score", "tier"),
    [(80, "hot"), (79, "warm"), (50, "warm"), (49, "neutral"), (20, "neutral"), (19, "cold"), (-5, "cold")],
)
def test_the_tiers_are_those_of_the_documents_unless_set(score: int, tier: str) -> None:
    assert evaluated({"employees": 50}, {**YES, "points": score}).tier == tier
    assert evaluated({"employees": 50}, {**YES, "points": score}, tiers={"neutral": -5, "hot": 1000}).tier != "hot"


@pytest.mark.parametrize(("limit", "tier"), [(0.5, "neutral"), (0.49, "insufficient_data"), (1, "neutral")])
def test_data_are_insufficient_where_more_than_the_share_of_points_is_missing(limit: float, tier: str) -> None:
    conditions = [{**YES, "points": 30}, {**UNKNOWN, "points": -30}]

    assert evaluated({"employees": 50}, *conditions, insufficient_data_above=limit).tier == tier
    assert evaluated({"employees": 50}, *conditions, tiers={"insufficient_data_above": limit}).tier == tier


@pytest.mark.parametrize(
    ("condition", "label"),
    [
        ({"attribute": "industry", "operator": "is_not", "value": "Retail"}, "Industry is not Retail"),
        ({"attribute": "country", "operator": "in", "value": ["US", "CA"]}, "Country is one of US, CA"),
        (
            {"attribute": "country", "operator": "not_in", "value": list("abcdefg")},
            "Country is none of a, b, c, d, e and 2 more",
        ),
        ({"attribute": "funding_stage", "operator": "is", "value": "Seed"}, "Funding stage is Seed"),
        ({"attribute": "description", "operator": "contains", "value": "bank"}, "Description contains bank"),
        ({"attribute": "tags", "operator": "contains", "value": "vip"}, "Tags contain vip"),
        ({"attribute": "signals", "operator": "uses", "value": "hiring"}, "Signals include hiring"),
        ({"attribute": "linkedin", "operator": "has"}, "Has LinkedIn"),
        ({"attribute": "phone", "operator": "is", "value": False}, "Phone is not known"),
        ({"attribute": "phone", "operator": "is_not", "value": False}, "Phone is known"),
        ({"attribute": "employees", "operator": ">=", "value": 50.0}, "Employees >= 50"),
        ({"attribute": "employees", "operator": "between", "value": [50, 500]}, "Employees between 50 and 500"),
        ({"attribute": "name", "operator": "matches", "value": "^a"}, "Name matches ^a"),
        ({"attribute": "last_funding_at", "operator": "within_days", "value": 90}, "Last funding is within 90 days"),
        ({"attribute": "custom.deal_size", "operator": ">", "value": 5}, "Deal size > 5"),
        ({"attribute": "custom.vip", "operator": "is", "value": True}, "Vip is true"),
        ({"none": [YES, UNKNOWN]}, "Not (Employees > 1 or City is Berlin)"),
        ({"all": [YES, {"any": [NO, UNKNOWN]}]}, "Employees > 1 and (Employees > 100 or City is Berlin)"),
        ({"any": [YES, UNKNOWN], "label": "Big or local"}, "Big or local"),
        ({"attribute": "name", "operator": "is", "value": "x" * 900}, f"Name is {'x' * 191}…"),
    ],
)
def test_a_label_is_made_from_the_condition_unless_given(condition: dict[str, Any], label: str) -> None:
    (found,) = evaluated({}, {**condition, "points": 1}).as_json_lines()

    assert found["condition"] == label


def test_two_spellings_of_a_rule_have_one_hash_and_another_rule_has_another() -> None:
    spelled_out = orjson.loads(parse_rule(SEED_RULE).canonical())
    other = {**SEED_RULE, "tiers": {"hot": 81}}

    assert rule_hash(parse_rule(spelled_out)) == rule_hash(parse_rule(SEED_RULE))
    assert rule_hash(parse_rule(other)) != rule_hash(parse_rule(SEED_RULE))


def test_every_account_starts_with_a_rule_that_tells_companies_apart() -> None:
    rule = compile_rule(parse_rule(STARTER_DEFINITION))
    promising = {
        "employees": 120,
        "last_funding_at": "2025-12-01",
        "signals": ["Hiring engineers"],
        "technologies": ["Stripe"],
        "industry": "B2B",
        "email": True,
    }
    closed = {"employees": 120, "status": "inactive"}

    verdicts = [rule.evaluate(prepare(company), TODAY) for company in (promising, closed, {})]

    assert [(verdict.score, verdict.tier) for verdict in verdicts] == [(95, "hot"), (0, "cold"), (0, "cold")]
