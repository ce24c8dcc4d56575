"""A compiled rule says what a plain interpreter of the same definition says, for any rule and any company."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from winnow_scoring.compiler import compile_rule
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.rules import rule_hash
from winnow_scoring.snapshots import prepare

from tests.scoring.generated import ORDER, TODAY, companies, random_company, random_rule, rules, seeded
from tests.scoring.interpreter import interpret

Case = tuple[dict[str, Any], dict[str, Any]]
cases = st.tuples(rules, companies)
SEEDS = 2_500


def without_labels(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: without_labels(value) if name == "conditions" else value
            for name, value in line.items()
            if name != "condition"
        }
        for line in lines
    ]


def compiled_outcome(case: Case) -> dict[str, Any]:
    definition, company = case
    evaluation = compile_rule(parse_rule(definition)).evaluate(prepare(company), TODAY)
    return {
        "score": evaluation.score,
        "tier": evaluation.tier,
        "missing": set(evaluation.missing),
        "lines": without_labels(evaluation.as_json_lines()),
    }


def seeded_cases(count: int) -> Iterator[Case]:
    for seed in range(count):
        random = seeded(seed)
        yield random_rule(random), random_company(random)


@given(cases)
def test_a_compiled_rule_says_what_the_interpreter_says(case: Case) -> None:
    assert compiled_outcome(case) == interpret(*case, TODAY)


def test_a_compiled_rule_says_what_the_interpreter_says_for_many_seeds() -> None:
    for case in seeded_cases(SEEDS):
        assert compiled_outcome(case) == interpret(*case, TODAY), case


@given(cases)
def test_the_lines_add_up_to_the_score_with_caps_and_decay(case: Case) -> None:
    definition, company = case
    compiled = compile_rule(parse_rule(definition))

    evaluation = compiled.evaluate(prepare(company), TODAY)

    assert sum(line["points"] for line in evaluation.as_json_lines()) == evaluation.score
    assert evaluation.score == compiled.score(prepare(company), TODAY)


@given(rules)
def test_a_rule_read_back_from_its_canonical_form_is_the_same_rule(definition: dict[str, Any]) -> None:
    rule = parse_rule(definition)

    again = parse_rule(rule.definition())

    assert again == rule
    assert rule_hash(again) == rule_hash(rule)


Criterion = dict[str, Any]
Line = dict[str, Any]
Company = dict[str, Any]


def at_border(criterion: Criterion, company: Company) -> bool:
    """Funded exactly as long ago as within_days allows."""
    if criterion.get("operator") != "within_days" or criterion["attribute"] != "last_funding_at":
        return False
    return company.get("last_funding_at") == (TODAY - timedelta(days=criterion["value"])).isoformat()


def equal_once_folded(criterion: Criterion, company: Company) -> bool:
    given_text = company.get(criterion.get("attribute", ""))
    if criterion.get("operator") != "is" or not isinstance(given_text, str):
        return False
    return given_text.strip().lower() != str(criterion["value"]).strip().lower()


CRITERION_CORNERS: dict[str, Callable[[Criterion, Line, Company], bool]] = {
    "an element of a list is asked for and there": lambda criterion, line, company: (
        criterion.get("attribute") == "technologies" and criterion["operator"] == "is" and line["matched"]
    ),
    "a list of blanks is missing": lambda criterion, line, company: (
        criterion.get("attribute") == "tags" and bool(company.get("tags")) and "missing" in line
    ),
    "texts are equal only once folded": lambda criterion, line, company: (
        equal_once_folded(criterion, company) and line["matched"]
    ),
    "a group is missing": lambda criterion, line, company: "any" in criterion and "missing" in line,
    "a group is settled though a member is missing": lambda criterion, line, company: (
        "all" in criterion
        and "decay" not in criterion
        and "missing" not in line
        and any("missing" in member for member in line["conditions"])
    ),
    "none holds around none": lambda criterion, line, company: (
        any("none" in member for member in criterion.get("none", [])) and line["matched"]
    ),
    "negative points are given": lambda criterion, line, company: line["points"] < 0,
    "points have partly decayed": lambda criterion, line, company: (
        "decay" in criterion and 0 < abs(line["points"]) < abs(criterion["points"])
    ),
    "points wait for a date that is missing": lambda criterion, line, company: (
        "decay" in criterion and criterion.get("operator") == "has" and "missing" in line
    ),
    "a date is at the border of within_days": lambda criterion, line, company: (
        at_border(criterion, company) and (line["matched"] or "decay" in criterion)
    ),
    "an own attribute has a value of another type": lambda criterion, line, company: (
        criterion.get("attribute") == "custom.a"
        and criterion["operator"] in ORDER
        and isinstance((company.get("custom") or {}).get("a"), list | bool)
        and not line["matched"]
    ),
}
RULE_CORNERS: dict[str, Callable[[dict[str, Any], list[Line]], bool]] = {
    "a cap takes points": lambda outcome, caps: any(line["points"] < 0 for line in caps),
    "a floor gives points": lambda outcome, caps: any(line["points"] > 0 for line in caps),
    "a group and the total are capped": lambda outcome, caps: len(caps) > 1,
    "data are insufficient": lambda outcome, caps: outcome["tier"] == "insufficient_data",
    "a company is hot": lambda outcome, caps: outcome["tier"] == "hot",
}


def corners_of(case: Case) -> set[str]:
    definition, company = case
    outcome = interpret(definition, company, TODAY)
    criteria = definition["conditions"]
    pairs = list(zip(criteria, outcome["lines"], strict=False))
    found = {name for name, is_there in RULE_CORNERS.items() if is_there(outcome, outcome["lines"][len(criteria) :])}
    return found | {
        name for name, is_there in CRITERION_CORNERS.items() if any(is_there(*pair, company) for pair in pairs)
    }


def test_the_generators_reach_every_corner() -> None:
    reached = {corner for case in seeded_cases(SEEDS) for corner in corners_of(case)}

    assert reached == {*CRITERION_CORNERS, *RULE_CORNERS}
