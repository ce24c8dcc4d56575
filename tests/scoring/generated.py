"""Rules and companies for property tests: few values, so that conditions and companies meet, and the awkward ones among
them.

Everything is drawn from a `Random`, either Hypothesis's own, which shrinks what fails, or a seeded one, which is far
faster.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

TODAY = date(2026, 3, 1)

# Equal after NFKC, trimming and case folding, in threes; blank in several ways; parts of each other.
TEXTS = [
    "Fintech",
    "ﬁnTech",
    " FINTECH ",
    "Straße",
    "STRASSE",
    "ＳＴＲＡẞＥ",
    "İzmir",
    "i̇zmir",
    "fin",
    "ss",
    "US",
    "us",
]
TEXTS += ["Straße" * 7, "STRASSE" * 7]  # too long for folding to remember them
BLANKS = ["", "  ", "\u3000"]
AGES = [-1, 0, 1, 29, 30, 31, 45, 90, 365]
PATTERNS = ["^fin", "TECH$", "stra(ß|ss)e", "[a-f]+", "^us$|zmir", "s{2}", ".", r"\bUS\b", "İ"]
WHOLE = [0, 1, 49, 50, 51, 500]
NUMBERS = [*WHOLE, 0.5, 0.85, 0.9, 50.5, -1]
DAYS = [(TODAY - timedelta(days=age)).isoformat() for age in AGES]
POINTS = [-30, -7, 0, 1, 5, 15, 25, 60]

TEXT_ATTRIBUTES = ["industry", "country"]
LIST_ATTRIBUTES = ["technologies", "tags"]
CONTACTS = ["email", "linkedin"]
CUSTOM = ["custom.a", "custom.b"]
ATTRIBUTES = [*TEXT_ATTRIBUTES, *LIST_ATTRIBUTES, *CONTACTS, *CUSTOM, "employees", "confidence", "last_funding_at"]

EQUALITY = ["is", "is_not"]
LISTED = ["in", "not_in"]
ORDER = [">", ">=", "<", "<=", "between"]


def seeded(seed: int) -> Random:
    """The same draws for the same seed."""
    return Random(seed)  # noqa: S311 - nothing is secret here


def random_company(random: Random) -> dict[str, Any]:
    """Attributes as `CompanyAttributes.profile` gives them, some null, some absent, some blank."""
    company = {
        "industry": _text(random),
        "country": _text(random),
        "technologies": _texts(random),
        "tags": _texts(random),
        "employees": random.choice(WHOLE),
        "confidence": random.choice([0, 0.5, 0.85, 0.9, 1]),
        "last_funding_at": random.choice(DAYS),
        "email": random.choice([True, True, False]),
        "linkedin": random.choice([True, False]),
        "custom": {"a": _own_value(random), "b": _own_value(random)},
    }
    for attribute in [*company]:
        fate = random.randrange(8)
        if fate == 0:
            del company[attribute]
        elif fate == 1:
            company[attribute] = None
    return company


def random_rule(random: Random) -> dict[str, Any]:
    """The definition of a sound rule."""
    criteria = [_criterion(random) for _ in range(random.randint(1, 5))]
    definition: dict[str, Any] = {"name": "Generated", "conditions": criteria}
    if random.random() < 0.6:
        groups = sorted({criterion["group"] for criterion in criteria if "group" in criterion})
        capped = [name for name in groups if random.random() < 0.7]
        definition["caps"] = {"total": _bounds(random), "groups": {name: _bounds(random) for name in capped}}
    if random.random() < 0.5:
        tiers = [{"hot": 60}, {"neutral": 0}, {"hot": 30, "warm": 20, "neutral": -5}]
        definition["tiers"] = random.choice(tiers)
    if random.random() < 0.4:
        definition["insufficient_data_above"] = random.choice([0, 0.25, 0.5, 1])
    return definition


def random_comparison(random: Random) -> dict[str, Any]:
    """An attribute, an operator that fits it, and a value that fits both."""
    attribute = random.choice(ATTRIBUTES)
    operator, value = random.choice(_OPERATIONS)(random, attribute) or ("has", None)
    written = {"attribute": attribute, "operator": operator}
    return written if value is None else {**written, "value": value}


companies = st.builds(random_company, st.randoms(use_true_random=False))
rules = st.builds(random_rule, st.randoms(use_true_random=False))


def _text(random: Random) -> str:
    return random.choice(BLANKS) if random.random() < 0.1 else random.choice(TEXTS)


def _texts(random: Random) -> list[str]:
    return [_text(random) for _ in range(random.randrange(4))]


def _own_value(random: Random) -> Any:
    makers = [_text, _texts]
    constants = [random.choice(NUMBERS), random.random() < 0.5, random.choice(DAYS), None]
    moment = f"{random.choice(DAYS)}T23:30:00-05:00"
    return random.choice([*(make(random) for make in makers), *constants, moment])


Operation = tuple[str, Any] | None


def _worded(random: Random, attribute: str) -> Operation:
    if attribute not in [*TEXT_ATTRIBUTES, *LIST_ATTRIBUTES, *CUSTOM]:
        return None
    operators = [*EQUALITY, *LISTED, "contains", "matches"]
    operator = random.choice(operators if attribute in TEXT_ATTRIBUTES else [*operators, "uses"])
    if operator in LISTED:
        return operator, [random.choice(TEXTS) for _ in range(random.randint(1, 3))]
    return operator, random.choice(PATTERNS if operator == "matches" else TEXTS)


def _numeric(random: Random, attribute: str) -> Operation:
    if attribute not in ["employees", "confidence", *CUSTOM]:
        return None
    return _ranked(random, random.choice([*EQUALITY, *LISTED, *ORDER, *ORDER]), NUMBERS)


def _dated(random: Random, attribute: str) -> Operation:
    if attribute not in ["last_funding_at", *CUSTOM]:
        return None
    if random.random() < 0.4:
        return "within_days", random.choice([0, 1, 30, 90])
    return _ranked(random, random.choice(ORDER if attribute in CUSTOM else [*EQUALITY, *LISTED, *ORDER]), DAYS)


def _ranked(random: Random, operator: str, values: list[Any]) -> Operation:
    if operator == "between":
        return operator, sorted([random.choice(values), random.choice(values)])
    if operator in LISTED:
        return operator, [random.choice(values) for _ in range(random.randint(1, 3))]
    return operator, random.choice(values)


def _flagged(random: Random, attribute: str) -> Operation:
    return (random.choice(EQUALITY), random.random() < 0.5) if attribute in [*CONTACTS, *CUSTOM] else None


_OPERATIONS = [_worded, _worded, _numeric, _dated, _flagged]


def _condition(random: Random, depth: int) -> dict[str, Any]:
    if depth == 0 or random.random() < 0.6:
        return random_comparison(random)
    members = [_condition(random, depth - 1) for _ in range(random.randint(1, 3))]
    return {random.choice(["any", "all", "none"]): members}


def _criterion(random: Random) -> dict[str, Any]:
    criterion = {**_condition(random, 3), "points": random.choice(POINTS)}
    if random.random() < 0.4:
        criterion["group"] = random.choice("xy")
    if random.random() < 0.3:
        shape = random.choice(["half_life_days", "linear_days"])
        dated = random.choice(["last_funding_at", *CUSTOM])
        criterion["decay"] = {"attribute": dated, shape: random.choice([1, 30, 60, 90])}
    return criterion


def _bounds(random: Random) -> list[int | None]:
    return [random.choice([None, -20, 0, 10]), random.choice([None, 10, 40, 100])]
