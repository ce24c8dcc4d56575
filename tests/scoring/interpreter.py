"""What a rule means, in the plainest words: the definition is walked as JSON for each company, nothing is prepared or
shared.

It exists to be compared with the compiler, so it uses nothing of the service. RE2 is the one exception it shares with
it, since what a pattern matches is RE2's to say.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import re2

CONTACTS = {"email", "phone", "linkedin", "contact.linkedin"}


def interpret(definition: dict[str, Any], attributes: dict[str, Any], today: date) -> dict[str, Any]:
    """Score, tier, missing attributes and breakdown; the lines are without their labels."""
    lines = [criterion_line(criterion, attributes, today) for criterion in definition["conditions"]]
    given = [line["points"] for line in lines]
    caps = definition.get("caps") or {}
    groups = [criterion.get("group") for criterion in definition["conditions"]]
    score = sum(given)
    for name in sorted(caps.get("groups") or {}):
        earned = sum(points for points, group in zip(given, groups, strict=True) if group == name)
        difference = clamp(earned, caps["groups"][name]) - earned
        score += difference
        if difference:
            lines.append({"matched": True, "points": difference})
    difference = clamp(score, caps.get("total") or [None, None]) - score
    score += difference
    if difference:
        lines.append({"matched": True, "points": difference})
    return {
        "score": score,
        "tier": tier(definition, score, lines[: len(given)]),
        "missing": missing_attributes(definition, attributes),
        "lines": lines,
    }


def criterion_line(criterion: dict[str, Any], attributes: dict[str, Any], today: date) -> dict[str, Any]:
    line = condition_line(criterion, attributes, today)
    state = None if line.get("missing") else line["matched"]
    points = criterion["points"]
    if criterion.get("decay"):
        value = lookup(attributes, criterion["decay"]["attribute"])
        day = as_date(value)
        dated = None if is_missing(value) else day is not None
        state = kleene_all([state, dated])
        points = faded(points, criterion["decay"], max((today - day).days, 0)) if state and day else 0
    members = {"conditions": line["conditions"]} if "conditions" in line else {}
    return {**outcome(state), "points": points if state else 0, **members}


def condition_line(condition: dict[str, Any], attributes: dict[str, Any], today: date) -> dict[str, Any]:
    for quantifier in ("any", "all", "none"):
        if quantifier in condition:
            members = [condition_line(member, attributes, today) for member in condition[quantifier]]
            return {**outcome(holds(condition, attributes, today)), "conditions": members}
    return outcome(holds(condition, attributes, today))


def outcome(state: bool | None) -> dict[str, Any]:
    return {"matched": state is True} | ({"missing": True} if state is None else {})


def holds(condition: dict[str, Any], attributes: dict[str, Any], today: date) -> bool | None:
    """True, False, or None for missing."""
    if "any" in condition:
        return kleene_any([holds(member, attributes, today) for member in condition["any"]])
    if "all" in condition:
        return kleene_all([holds(member, attributes, today) for member in condition["all"]])
    if "none" in condition:
        return kleene_not(kleene_any([holds(member, attributes, today) for member in condition["none"]]))
    attribute, operator, wanted = condition["attribute"], condition["operator"], condition.get("value")
    value = lookup(attributes, attribute)
    if operator == "has":
        return not is_missing(value) and value is not False
    if is_missing(value):
        return None
    if attribute in CONTACTS:
        value = value is not False
    return compare(value, operator, wanted, today, dated=attribute == "last_funding_at")


def compare(  # noqa: C901, PLR0911 - one case for each operator
    value: Any, operator: str, wanted: Any, today: date, *, dated: bool
) -> bool:
    match operator:
        case "is":
            return any(same(element, wanted, dated=dated) for element in elements(value))
        case "is_not":
            return not compare(value, "is", wanted, today, dated=dated)
        case "in":
            return any(compare(value, "is", one, today, dated=dated) for one in wanted)
        case "not_in":
            return not compare(value, "in", wanted, today, dated=dated)
        case "uses":
            return isinstance(value, list) and any(same(element, wanted, dated=False) for element in value)
        case "contains":
            if isinstance(value, str):
                return comparable(wanted) in comparable(value)
            return compare(value, "uses", wanted, today, dated=False)
        case "matches":
            texts = [element for element in elements(value) if isinstance(element, str) and comparable(element)]
            return any(re2.search(f"(?i){wanted}", trimmed(text)) for text in texts)
        case "between":
            return ordered(value, ">=", wanted[0]) and ordered(value, "<=", wanted[1])
        case "within_days":
            day = as_date(value)
            return day is not None and 0 <= (today - day).days <= wanted
    return ordered(value, operator, wanted)


def elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def same(value: Any, wanted: Any, *, dated: bool) -> bool:
    if dated:
        return as_date(value) == as_date(wanted)
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, str) and isinstance(wanted, str):
        return comparable(value) == comparable(wanted)
    return is_number(value) and is_number(wanted) and value == wanted


def ordered(value: Any, operator: str, bound: Any) -> bool:
    if isinstance(bound, str):
        value, bound = as_date(value), as_date(bound)
        if value is None:
            return False
    elif not is_number(value):
        return False
    held: bool = {">": value > bound, ">=": value >= bound, "<": value < bound, "<=": value <= bound}[operator]
    return held


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def trimmed(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def comparable(text: str) -> str:
    return trimmed(text).casefold()


def is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return comparable(value) == ""
    if isinstance(value, list):
        return all(is_missing(element) for element in value)
    return value is None


def lookup(attributes: dict[str, Any], attribute: str) -> Any:
    if attribute.startswith("custom."):
        return (attributes.get("custom") or {}).get(attribute.removeprefix("custom."))
    return attributes.get(attribute)


def as_date(value: Any) -> date | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}(T.*)?$", value.strip()):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def kleene_any(states: list[bool | None]) -> bool | None:
    if True in states:
        return True
    return None if None in states else False


def kleene_not(state: bool | None) -> bool | None:
    return None if state is None else not state


def kleene_all(states: list[bool | None]) -> bool | None:
    return kleene_not(kleene_any([kleene_not(state) for state in states]))


def faded(points: int, decay: dict[str, Any], age: int) -> int:
    if "linear_days" in decay:
        amount = abs(points) * max(Fraction(0), 1 - Fraction(age, decay["linear_days"]))
        rounded = int(amount + Fraction(1, 2))
    else:
        amount = abs(points) * 0.5 ** (age / decay["half_life_days"])
        rounded = int(Decimal(amount).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return -rounded if points < 0 else rounded


def clamp(points: int, bounds: list[int | None]) -> int:
    lower, upper = bounds
    if lower is not None and points < lower:
        return lower
    return upper if upper is not None and points > upper else points


def tier(definition: dict[str, Any], score: int, lines: list[dict[str, Any]]) -> str:
    limit = definition.get("insufficient_data_above")
    weights = [abs(criterion["points"]) for criterion in definition["conditions"]]
    missing = sum(weight for weight, line in zip(weights, lines, strict=True) if line.get("missing"))
    if limit is not None and sum(weights) and missing / sum(weights) > limit:
        return "insufficient_data"
    lowest = {"hot": 80, "warm": 50, "neutral": 20} | (definition.get("tiers") or {})
    return next((name for name in ("hot", "warm", "neutral") if score >= lowest[name]), "cold")


def missing_attributes(definition: dict[str, Any], attributes: dict[str, Any]) -> set[str]:
    asked = set()
    for criterion in definition["conditions"]:
        asked |= asked_attributes(criterion)
        if criterion.get("decay"):
            asked.add(criterion["decay"]["attribute"])
    return {attribute for attribute in asked if is_missing(lookup(attributes, attribute))}


def asked_attributes(condition: dict[str, Any]) -> set[str]:
    for quantifier in ("any", "all", "none"):
        if quantifier in condition:
            return {attribute for member in condition[quantifier] for attribute in asked_attributes(member)}
    return set() if condition["operator"] == "has" else {condition["attribute"]}
