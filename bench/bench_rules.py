"""Rule evaluation against zen-engine and CEL: the same rule, the same companies, equal scores first.

zen-engine (Rust) is measured as its users run it: a compiled expression that gives the score, and a decision table in
JDM that gives the lines with the score, one by one as ours and all companies in one batch. CEL is cel-python, a pure
Python implementation. Both get companies whose text is in lower case already and whose attributes
are all there; ours gets them as they come, prepared once or, where that is said, each time. What is compared is CPU
time, the median of several alternating rounds, so that a busy machine does not decide.

    python -m bench.bench_rules [--companies 2000] [--rounds 7]
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import celpy
import zen
from celpy.adapter import json_to_cel
from winnow_scoring.compiler import CompiledRule, compile_rule
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.snapshots import Snapshot, prepare

TODAY = date(2026, 3, 1)
Company = dict[str, Any]

SCORE, PREPARED_SCORE = "ours, score", "ours, prepare and score"
BREAKDOWN, PREPARED_BREAKDOWN = "ours, score and breakdown", "ours, prepare, score and breakdown"
EXPRESSION = "zen-engine, compiled expression"
TABLE, BATCH = "zen-engine, JDM", "zen-engine, JDM in one batch"
CEL = "cel-python, program"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion in our words, as an expression of zen, and as one of CEL."""

    condition: dict[str, Any]
    points: int
    zen: str
    cel: str


def comparison(attribute: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "value": value}


CRITERIA = [
    Criterion(comparison("industry", "is", "Technology"), 25, "industry == 'technology'", "industry == 'technology'"),
    Criterion(comparison("country", "in", ["US", "CA"]), 15, "country in ['us', 'ca']", "country in ['us', 'ca']"),
    Criterion(comparison("technologies", "uses", "Stripe"), 30, "'stripe' in technologies", "'stripe' in technologies"),
    Criterion(
        comparison("technologies", "uses", "WordPress"),
        -10,
        "'wordpress' in technologies",
        "'wordpress' in technologies",
    ),
    Criterion(comparison("email", "has"), 10, "email == true", "email == true"),
    Criterion(comparison("confidence", ">", 0.85), 5, "confidence > 0.85", "confidence > 0.85"),
    Criterion(
        comparison("employees", "between", [50, 500]),
        10,
        "employees >= 50 and employees <= 500",
        "employees >= 50 && employees <= 500",
    ),
    Criterion(
        {"any": [comparison("funding_stage", "is", "Series A"), comparison("revenue", ">=", 1_000_000)]},
        15,
        "funding_stage == 'series a' or revenue >= 1000000",
        "funding_stage == 'series a' || revenue >= 1000000",
    ),
]


def our_rule() -> CompiledRule:
    conditions = [{**criterion.condition, "points": criterion.points} for criterion in CRITERIA]
    return compile_rule(parse_rule({"name": "Bench", "conditions": conditions}))


def generated_companies(count: int) -> list[Company]:
    """Companies of about twenty attributes, always the same ones, all of them known."""
    draw = random.Random(7)
    technologies = ["Stripe", "React", "WordPress", "AWS", "HubSpot", "Segment", "Salesforce", "Python", "Kafka", "Vue"]
    return [
        {
            "name": f"Company {number}",
            "industry": draw.choice(["Technology", "Retail", "Healthcare", "Financial Services"]),
            "country": draw.choice(["US", "CA", "DE", "GB", "FR"]),
            "region": draw.choice(["California", "Bavaria", "Ontario", "Kent"]),
            "city": draw.choice(["San Francisco", "Munich", "Toronto", "Dover"]),
            "employees": draw.choice([5, 20, 49, 50, 120, 500, 501, 9_000]),
            "revenue": draw.choice([0, 250_000, 1_000_000, 75_000_000]),
            "founded": draw.randint(1950, 2025),
            "technologies": draw.sample(technologies, draw.randint(1, 8)),
            "funding_stage": draw.choice(["Seed", "Series A", "Series B"]),
            "funding_total": draw.choice([0, 500_000, 12_000_000]),
            "last_funding_at": f"2025-{draw.randint(1, 12):02}-15",
            "signals": draw.sample(["hiring", "new office", "press"], 2),
            "tags": draw.sample(["a", "b", "c", "d"], 2),
            "description": "Builds software that other companies run their business on. " * 3,
            "status": "active",
            "confidence": draw.choice([0.4, 0.85, 0.86, 0.99]),
            "email": draw.random() < 0.6,
            "phone": True,
            "linkedin": draw.random() < 0.5,
        }
        for number in range(count)
    ]


def lowered(value: Any) -> Any:
    """The value with its text in lower case, which is what folding comes to for these companies."""
    if isinstance(value, str):
        return value.lower()
    return [element.lower() for element in value] if isinstance(value, list) else value


def zen_table() -> dict[str, Any]:
    """A decision in JDM: every row that holds gives a line, and an expression adds their points up."""
    rows = [
        {
            "_id": str(number),
            "holds": criterion.zen,
            "condition": json.dumps(f"condition {number}"),
            "points": str(criterion.points),
        }
        for number, criterion in enumerate(CRITERIA)
    ]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "holds", "name": "holds"}],
        "outputs": [
            {"id": "condition", "name": "condition", "field": "condition"},
            {"id": "points", "name": "points", "field": "points"},
        ],
        "rules": rows,
        "outputPath": "breakdown",
    }
    total = {
        "expressions": [
            {"id": "lines", "key": "breakdown", "value": "breakdown"},
            {"id": "score", "key": "score", "value": "sum(map(breakdown, #.points))"},
        ]
    }
    nodes = [("in", "inputNode", {}), ("table", "decisionTableNode", table), ("total", "expressionNode", total)]
    return {
        "nodes": [
            {"id": name, "name": name, "type": kind, "content": content, "position": {"x": 0, "y": 0}}
            for name, kind, content in [*nodes, ("out", "outputNode", {})]
        ],
        "edges": [
            {"id": f"{source}-{target}", "sourceId": source, "targetId": target, "type": "edge"}
            for source, target in [("in", "table"), ("table", "total"), ("total", "out")]
        ],
    }


def cel_program() -> Callable[[Any], Any]:
    environment = celpy.Environment()
    terms = " + ".join(f"({criterion.cel} ? {criterion.points} : 0)" for criterion in CRITERIA)
    return environment.program(environment.compile(terms)).evaluate


@dataclass(frozen=True, slots=True)
class Contestant:
    """What evaluates all records at once, and how a score is found in an answer."""

    records: Sequence[Any]
    evaluate: Callable[[Sequence[Any]], Sequence[Any]]
    score_of: Callable[[Any], int] = int

    def scores(self) -> list[int]:
        return [self.score_of(answer) for answer in self.evaluate(self.records)]

    def records_per_second(self) -> float:
        """Over a fifth of a second at least, since two thousand scores take a few milliseconds."""
        started, count = time.process_time(), 0
        while (used := time.process_time() - started) < 0.2:
            self.evaluate(self.records)
            count += len(self.records)
        return count / used


def one_by_one(evaluate: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda records: [evaluate(record) for record in records]


def ours(companies: list[Company]) -> dict[str, Contestant]:
    rule = our_rule()
    snapshots = [prepare(company) for company in companies]

    def score(snapshot: Snapshot) -> int:
        return rule.score(snapshot, TODAY)

    def lines(snapshot: Snapshot) -> list[dict[str, Any]]:
        return rule.evaluate(snapshot, TODAY).as_json_lines()

    def total(lines: list[dict[str, Any]]) -> int:
        return sum(line["points"] for line in lines)

    return {
        SCORE: Contestant(snapshots, one_by_one(score)),
        PREPARED_SCORE: Contestant(companies, one_by_one(lambda company: score(prepare(company)))),
        BREAKDOWN: Contestant(snapshots, one_by_one(lines), total),
        PREPARED_BREAKDOWN: Contestant(companies, one_by_one(lambda company: lines(prepare(company))), total),
    }


def others(companies: list[Company]) -> dict[str, Contestant]:
    plain = [{name: lowered(value) for name, value in company.items()} for company in companies]
    terms = " + ".join(f"({criterion.zen} ? {criterion.points} : 0)" for criterion in CRITERIA)
    decision = zen.ZenDecisionContent(json.dumps(zen_table()))
    engine = zen.ZenEngine({"loader": lambda _: decision})
    requests: list[zen.EvaluateBatchRequest] = [{"key": "bench", "context": company} for company in plain]
    celled = [{name: json_to_cel(value) for name, value in company.items()} for company in plain[: len(plain) // 10]]
    return {
        EXPRESSION: Contestant(plain, one_by_one(zen.compile_expression(terms).evaluate)),
        TABLE: Contestant(
            plain[: len(plain) // 4],
            one_by_one(zen.ZenEngine().create_decision(decision).evaluate),
            lambda answer: int(answer["result"]["score"]),
        ),
        BATCH: Contestant(
            requests,
            lambda requests: engine.evaluate_batch(list(requests)),
            lambda answer: int(answer["data"]["result"]["score"]),
        ),
        CEL: Contestant(celled, one_by_one(cel_program())),
    }


def main() -> None:
    """Check that all agree, measure in turns, print the ratios last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--companies", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    companies = generated_companies(arguments.companies)
    contestants = ours(companies) | others(companies)
    expected = contestants[SCORE].scores()
    for name, contestant in contestants.items():
        scores = contestant.scores()
        if scores != expected[: len(scores)]:
            raise SystemExit(f"{name} gives other scores")
        print(f"{name}: the same {len(scores)} scores")
    rounds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(arguments.rounds):
        for name, contestant in contestants.items():
            rounds[name].append(contestant.records_per_second())
    usual = {name: statistics.median(rates) for name, rates in rounds.items()}
    for name, rate in usual.items():
        print(f"{name}: {rate:,.0f} records a second of CPU")
    print(f"{PREPARED_SCORE} / {EXPRESSION}: {usual[PREPARED_SCORE] / usual[EXPRESSION]:.1f}")
    print(f"{PREPARED_BREAKDOWN} / {TABLE}: {usual[PREPARED_BREAKDOWN] / usual[TABLE]:.1f}")
    print(f"{SCORE} / {CEL}: {usual[SCORE] / usual[CEL]:.0f}")
    print(f"{BREAKDOWN} / {BATCH}: {usual[BREAKDOWN] / usual[BATCH]:.1f}")
    print(f"{BREAKDOWN} / {TABLE}: {usual[BREAKDOWN] / usual[TABLE]:.1f} (goal: at least 8)")
    print(f"{SCORE} / {EXPRESSION}: {usual[SCORE] / usual[EXPRESSION]:.1f} (goal: at least 5)")


if __name__ == "__main__":
    main()
