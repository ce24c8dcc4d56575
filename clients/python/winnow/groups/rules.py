"""Scoring rules: drafts, versions, and which of them scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from winnow.binding import D, Group, Listing, call, listing
from winnow.calls import Call, command, get, segment
from winnow.results import Finding, Findings, Rule, RuleSummary, RuleVersion, parse

Definition = Mapping[str, Any]
"""A rule as `docs/rules` describes it: name, conditions, tiers, caps."""


class Rules(Group[D]):
    """Rules are versioned; a version is a draft until it is published."""

    @call
    def create(
        self,
        definition: Definition,
        /,
        *,
        publish: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[Rule]:
        """Save a new rule, under the `id` of the definition or one that the server makes."""
        request = command(
            "POST",
            "/v1/rules",
            json=_written(definition, publish=publish),
            idempotency_key=idempotency_key,
        )
        return parse(Rule, (yield from self._perform(request)))

    @call
    def put(self, rule_id: str, definition: Definition, /, *, publish: bool = False) -> Call[Rule]:
        """Create the rule of this id, or add a version to it."""
        request = command("PUT", _path(rule_id), json=_written(definition, publish=publish))
        return parse(Rule, (yield from self._perform(request)))

    @call
    def get(self, rule_id: str, /, *, version: int | None = None) -> Call[Rule]:
        """The rule with one of its versions; the newest unless said otherwise."""
        request = get(_path(rule_id), query={"version": version})
        return parse(Rule, (yield from self._perform(request)))

    @listing
    def list(self) -> Listing[RuleSummary]:
        """Every rule of the account; the starter rule while there is no other."""
        return Listing(get("/v1/rules"), RuleSummary)

    @call
    def delete(self, rule_id: str, /) -> Call[None]:
        """Delete a rule with its versions. Scores that it gave stay."""
        yield from self._perform(command("DELETE", _path(rule_id)))

    @listing
    def versions(self, rule_id: str, /) -> Listing[RuleVersion]:
        """The versions of a rule."""
        return Listing(get(f"{_path(rule_id)}/versions"), RuleVersion)

    @call
    def publish(self, rule_id: str, /, *, version: int | None = None, idempotency_key: str | None = None) -> Call[Rule]:
        """Score with this version from now on; the newest one unless said otherwise."""
        request = command(
            "POST",
            f"{_path(rule_id)}/publish",
            json={} if version is None else {"version": version},
            idempotency_key=idempotency_key,
        )
        return parse(Rule, (yield from self._perform(request)))

    @call
    def rollback(
        self, rule_id: str, /, *, version: int | None = None, idempotency_key: str | None = None
    ) -> Call[Rule]:
        """Go back to an earlier version; the one published before, unless said otherwise."""
        request = command(
            "POST",
            f"{_path(rule_id)}/rollback",
            json={} if version is None else {"version": version},
            idempotency_key=idempotency_key,
        )
        return parse(Rule, (yield from self._perform(request)))

    @call
    def lint(self, rule_id: str, /, *, version: int | None = None) -> Call[Sequence[Finding]]:
        """What is odd about a rule: conditions that cannot match, tiers out of reach, and so on."""
        request = get(f"{_path(rule_id)}/lint", query={"version": version})
        return parse(Findings, (yield from self._perform(request))).lint


def _path(rule_id: str) -> str:
    return f"/v1/rules/{segment(rule_id)}"


def _written(definition: Definition, *, publish: bool) -> dict[str, Any]:
    return {**definition, "publish": True} if publish else dict(definition)
