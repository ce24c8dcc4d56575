"""The part of the tests' Winnow server that is about similarity, customers and earlier scores."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

IDENTIFIERS = ("domain", "email", "linkedin_url", "company_name")


@dataclass(slots=True)
class SimilarityState:
    """What the server knows of similarity, and what it saw of the requests.

    `likeness` holds the score of each domain that is known; `refused` names companies that spoil a whole request.
    """

    likeness: dict[str, float] = field(default_factory=dict)
    customers: dict[str, float] = field(default_factory=dict)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    no_model_because: str | None = None
    model_version: int = 1
    looks_until_built: int = 0
    seconds_to_answer: float = 0.0
    under_way: int = 0
    most_under_way: int = 0
    scored_rows: int = 0


class SimilarityApi:
    """The routes over one `SimilarityState`."""

    def __init__(self, state: SimilarityState, imports: dict[str, list[dict[str, Any]]]) -> None:
        self.state = state
        self.imports = imports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/score", self.score),
            web.post("/v1/score/batch", self.score_batch),
            web.get("/v1/similarity", self.model),
            web.put("/v1/customers", self.put_customers),
            web.post("/v1/customers", self.add_customers),
            web.get("/v1/customers", self.list_customers),
            web.post("/v1/customers/import", self.import_customers),
            web.delete("/v1/customers/{domain}", self.delete_customer),
            web.get("/v1/scores", self.list_scores),
            web.get("/v1/scores/{id}", self.get_score),
            web.post("/v1/scores/{id}/verify", self.verify),
            web.get("/v1/scores/{id}/counterfactual", self.counterfactual),
        ]

    async def score(self, request: web.Request) -> web.Response:
        item = await request.json()
        return web.json_response(self._answer(item)) if _named(item) else _unusable("")

    async def score_batch(self, request: web.Request) -> web.Response:
        items = (await request.json())["items"]
        state = self.state
        state.under_way += 1
        state.most_under_way = max(state.most_under_way, state.under_way)
        try:
            await asyncio.sleep(state.seconds_to_answer)
        finally:
            state.under_way -= 1
        for number, item in enumerate(items):
            if not _named(item) or state.refused & set(item.values()):
                return _unusable(f"/items/{number}")
        state.scored_rows += len(items)
        return web.json_response([self._answer(item) for item in items])

    def _answer(self, item: dict[str, str]) -> dict[str, Any]:
        matched_on = next(name for name in IDENTIFIERS if name in item)
        domain = _domain(item[matched_on], matched_on)
        score = self.state.likeness.get(domain)
        reason = {"code": "company_unknown", "detail": "Nothing is known of this company."}
        if self.state.no_model_because is not None:
            score, reason = None, {"code": self.state.no_model_because, "detail": "There is no model yet."}
        known = score is not None
        return {
            "score": score,
            "percentile": score,
            "grade": None if score is None else "A" if score >= 90 else "C",
            "similar_customers": [
                {
                    "domain": "ledgerly.com",
                    "name": "Ledgerly",
                    "similarity": 88.5,
                    "shared_attributes": ["Industry: Fintech", "Uses Stripe"],
                }
            ]
            * known,
            "breakdown": [
                {
                    "factor": "tech_stack",
                    "similarity": 0.9,
                    "weight": 0.6,
                    "contribution": (score or 0) - 5,
                    "company": ["Stripe", "React"],
                    "customers": ["Stripe"],
                    "missing": False,
                },
                {
                    "factor": "funding",
                    "similarity": None,
                    "weight": 0.4,
                    "contribution": 5,
                    "company": None,
                    "customers": {"funding_stage": "seed"},
                    "missing": True,
                },
            ]
            * known,
            "explanation": "It uses what your customers use." * known,
            "confidence": {"level": "medium" if known else "none", "value": 0.6 if known else 0},
            "data_as_of": "2026-11-02T09:30:00Z" if known else None,
            "resolved": {"domain": domain, "matched_on": matched_on, "confidence": 0.9},
            "missing": ["funding_stage"],
            "reason": None if known else reason,
            "reference": {"name": "directory", "size": 4211},
            "model_version": self.state.model_version,
            "score_id": "sco_1" if known else None,
            "livemode": False,
            "request_id": "0198f2c5-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
            "field_of_the_future": 1,
        }

    async def model(self, request: web.Request) -> web.Response:
        state = self.state
        building = state.looks_until_built > 0
        state.looks_until_built -= building
        status = "building" if building else "ready" if state.customers else "none"
        factor = {"factor": "tech_stack", "weight": 0.6, "default_weight": 0.25, "separation": 0.81, "coverage": 0.97}
        other = {"factor": "funding", "weight": 0.4, "default_weight": 0.2, "separation": None, "coverage": 0.5}
        return web.json_response(
            {
                "status": status,
                "model_version": None if status == "none" else state.model_version - building,
                "wanted_version": state.model_version,
                "customers": len(state.customers),
                "customers_known": len(state.customers),
                "factors": [other, factor],
                "reference": {"name": "directory", "size": 4211},
                "quality": {"auc": 0.87, "customers": 50},
                "built_at": "2026-11-02T09:30:00Z",
                "build_seconds": 0.4,
                "code_version": "1",
            }
        )

    async def put_customers(self, request: web.Request) -> web.Response:
        self.state.customers.clear()
        return await self.add_customers(request)

    async def add_customers(self, request: web.Request) -> web.Response:
        entries = (await request.json())["customers"]
        self.state.customers |= {entry["domain"]: entry.get("weight", 1.0) for entry in entries}
        return self._accepted()

    async def delete_customer(self, request: web.Request) -> web.Response:
        del self.state.customers[request.match_info["domain"]]
        return self._accepted()

    def _accepted(self) -> web.Response:
        self.state.model_version += 1
        accepted = {"customers": len(self.state.customers), "model_version": self.state.model_version}
        return web.json_response(accepted, status=202)

    async def list_customers(self, request: web.Request) -> web.Response:
        made = "2026-11-02T09:30:00Z"
        rows = [
            {"domain": domain, "name": None, "weight": weight, "profile": "known", "created_at": made}
            for domain, weight in sorted(self.state.customers.items())
        ]
        return web.json_response({"data": rows, "has_more": False, "next_cursor": None})

    async def import_customers(self, request: web.Request) -> web.Response:
        rows = list(csv.DictReader(io.StringIO(await request.text())))
        self.state.customers |= {row["domain"]: float(row.get("weight") or 1) for row in rows}
        self.state.model_version += 1
        done = {
            "import_id": "imp_c",
            "kind": "customers",
            "status": "completed",
            "rows": len(rows),
            "imported": len(rows),
            "rejected": 0,
            "errors": [],
            "model_version": self.state.model_version,
        }
        self.imports["imp_c"] = [done]
        return web.json_response({"import_id": "imp_c", "status": "queued"}, status=202)

    async def list_scores(self, request: web.Request) -> web.Response:
        domain = request.query.get("domain")
        wanted = [score for score in self.state.scores.values() if domain in {None, score["domain"]}]
        return web.json_response({"data": wanted, "has_more": False, "next_cursor": None})

    async def get_score(self, request: web.Request) -> web.Response:
        stored = self.state.scores[request.match_info["id"]]
        again = {
            "code_version": "1",
            "snapshot_hash": "5a",
            "company_version": 2,
            "evaluated_on": "2026-11-02",
            "scored_at": "2026-11-02T09:30:00Z",
        }
        if stored["kind"] == "similarity":
            self.state.likeness[stored["domain"]] = stored["score"]
            return web.json_response(stored | self._answer({"domain": stored["domain"]}) | again)
        rule = {"rule_name": "ICP Score", "rule_hash": "4b", "breakdown": [], "request_id": "0190-req"}
        return web.json_response(stored | rule | again)

    async def verify(self, request: web.Request) -> web.Response:
        score_id = request.match_info["id"]
        computed = "a1" if self.state.scores[score_id].get("reproducible", True) else "b2"
        return web.json_response(
            {
                "score_id": score_id,
                "identical": computed == "a1",
                "stored_sha256": "a1",
                "computed_sha256": computed,
                "rule_hash": None,
                "model_version": 3,
                "snapshot_hash": "5a",
                "code_version": "1",
                "current_code_version": "1",
            }
        )

    async def counterfactual(self, request: web.Request) -> web.Response:
        stored = self.state.scores[request.match_info["id"]]
        change = {
            "attribute": "technologies",
            "present": ["React"],
            "needed": ["React", "Stripe"],
            "because": "tech_stack",
        }
        return web.json_response(
            {
                "score_id": stored["score_id"],
                "kind": stored["kind"],
                "score": stored["score"],
                "present": "C",
                "target": "B",
                "reachable": True,
                "changes": [change],
                "new_score": 76.5,
                "detail": "With Stripe it would reach grade B.",
            }
        )


def _named(item: dict[str, str]) -> bool:
    return any(name in item for name in IDENTIFIERS)


def _domain(text: str, identifier: str) -> str:
    match identifier:
        case "email":
            return text.rpartition("@")[2]
        case "linkedin_url":
            return text.rstrip("/").rpartition("/")[2] + ".com"
        case "company_name":
            return text.split(maxsplit=1)[0].lower() + ".com"
        case _:
            return text


def _unusable(pointer: str) -> web.Response:
    document = {
        "title": "Invalid request",
        "status": 422,
        "code": "invalid_request",
        "detail": "The request is invalid",
        "request_id": "0190-req",
        "errors": [{"detail": "This names no company.", "pointer": pointer}],
    }
    return web.json_response(document, status=422, content_type="application/problem+json")
