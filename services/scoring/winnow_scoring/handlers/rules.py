"""Changes of rules: made, saved in versions, published, rolled back, deleted."""

import base64
from uuid import UUID

import orjson
from winnow_common.clock import Clock
from winnow_common.errors import Problem
from winnow_common.outcome import AnyHandler, Command, Fact, Outcome, Request
from winnow_common.postgres import Connection
from winnow_contracts import rulebook as contract
from winnow_contracts.rulebook import CreateRule, DeleteRule, PublishRule, PutRule, RollbackRule

from winnow_scoring import refusals
from winnow_scoring.handlers import rule_answers
from winnow_scoring.handlers.rule_answers import draft_of, rule_answer
from winnow_scoring.rulebook import STARTER_ID, Draft
from winnow_scoring.store import rules
from winnow_scoring.store.rules import StoredRule


class RuleHandlers:
    """Answers for the commands among `rules.*`. The starter rule is nobody's to change."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.CREATE, CreateRule, self.create),
            Command(contract.PUT, PutRule, self.put),
            Command(contract.DELETE, DeleteRule, self.delete),
            Command(contract.PUBLISH, PublishRule, self.publish),
            Command(contract.ROLLBACK, RollbackRule, self.roll_back),
        )

    async def create(self, request: Request[CreateRule], connection: Connection) -> Outcome:
        """Make a rule; 409 where there is one of that id."""
        draft = draft_of(request.data.definition)
        rule_id = request.data.id or _made_id(request.id)
        if await _lock(connection, tenant=request.tenant, rule_id=rule_id) is not None:
            raise Problem(409, "rule_exists", "There is a rule of this id. PUT it to add a version.")
        version = await self._save(connection, tenant=request.tenant, rule_id=rule_id, draft=draft)
        facts = (
            await self._publish(connection, request=request, rule_id=rule_id, number=version)
            if request.data.publish
            else []
        )
        return await _answer(
            connection, tenant=request.tenant, rule_id=rule_id, number=version, status=201, facts=facts
        )

    async def put(self, request: Request[PutRule], connection: Connection) -> Outcome:
        """Make a rule or add a version. The definition of the newest version once more adds none."""
        draft = draft_of(request.data.definition)
        rule_id = request.data.id
        rule = await _lock(connection, tenant=request.tenant, rule_id=rule_id)
        if rule is not None and await _is_latest(connection, tenant=request.tenant, rule=rule, draft=draft):
            version = rule.latest_version
        else:
            version = await self._save(connection, tenant=request.tenant, rule_id=rule_id, draft=draft)
        already = rule is not None and rule.published_version == version
        facts = (
            await self._publish(connection, request=request, rule_id=rule_id, number=version)
            if request.data.publish and not already
            else []
        )
        status = 201 if rule is None else 200
        return await _answer(
            connection, tenant=request.tenant, rule_id=rule_id, number=version, status=status, facts=facts
        )

    async def publish(self, request: Request[PublishRule], connection: Connection) -> Outcome:
        """Score by a version; by the newest unless it is named."""
        rule = await _locked(connection, tenant=request.tenant, rule_id=request.data.id)
        version = request.data.version or rule.latest_version
        already = rule.published_version == version
        facts = (
            [] if already else await self._publish(connection, request=request, rule_id=rule.rule_id, number=version)
        )
        return await _answer(connection, tenant=request.tenant, rule_id=rule.rule_id, number=version, facts=facts)

    async def roll_back(self, request: Request[RollbackRule], connection: Connection) -> Outcome:
        """Score by an earlier version again; by the one published before unless it is named."""
        rule = await _locked(connection, tenant=request.tenant, rule_id=request.data.id)
        version = request.data.version or await _published_before(connection, tenant=request.tenant, rule=rule)
        if rule.published_version is None or version is None or version >= rule.published_version:
            raise Problem(
                409, "no_earlier_version", "There is no earlier version to go back to. Publish the one you want."
            )
        facts = await self._publish(connection, request=request, rule_id=rule.rule_id, number=version)
        return await _answer(connection, tenant=request.tenant, rule_id=rule.rule_id, number=version, facts=facts)

    async def delete(self, request: Request[DeleteRule], connection: Connection) -> Outcome:
        """Take a rule away; scores that it gave can still be reproduced."""
        rule = await _locked(connection, tenant=request.tenant, rule_id=request.data.id)
        book = await rules.delete(connection, tenant=request.tenant, rule_id=rule.rule_id, now=self._clock())
        fact = rule_answers.deleted(rule.rule_id, book=book, tenant=request.tenant, cause=request.id)
        return Outcome(status=204, facts=[fact])

    async def _save(self, connection: Connection, *, tenant: UUID, rule_id: str, draft: Draft) -> int:
        return await rules.save(connection, tenant=tenant, rule_id=rule_id, draft=draft, now=self._clock())

    async def _publish(
        self,
        connection: Connection,
        *,
        request: "Request[CreateRule] | Request[PutRule] | Request[PublishRule] | Request[RollbackRule]",
        rule_id: str,
        number: int,
    ) -> list[Fact]:
        tenant = request.tenant
        version = await rules.version(connection, tenant=tenant, rule_id=rule_id, version=number)
        if version is None:
            raise refusals.version_not_found()
        book = await rules.publish(connection, tenant=tenant, rule_id=rule_id, version=number, now=self._clock())
        return [rule_answers.published(version, book=book, tenant=tenant, cause=request.id)]


async def _lock(connection: Connection, *, tenant: UUID, rule_id: str) -> StoredRule | None:
    """The rule as it is, and nobody else changes it until the transaction ends."""
    if rule_id == STARTER_ID:
        raise Problem(
            409, "starter_rule", "The starter rule cannot be changed. Make a rule of your own and publish it."
        )
    await rules.lock(connection, tenant=tenant)
    rule = await rules.find(connection, tenant=tenant, rule_id=rule_id)
    return None if rule is None or rule.deleted else rule


async def _locked(connection: Connection, *, tenant: UUID, rule_id: str) -> StoredRule:
    rule = await _lock(connection, tenant=tenant, rule_id=rule_id) if refusals.is_storable(rule_id) else None
    if rule is None:
        raise refusals.rule_not_found()
    return rule


async def _is_latest(connection: Connection, *, tenant: UUID, rule: StoredRule, draft: Draft) -> bool:
    latest = await rules.version(connection, tenant=tenant, rule_id=rule.rule_id, version=rule.latest_version)
    return latest is not None and orjson.loads(latest.definition) == orjson.loads(draft.definition)


async def _published_before(connection: Connection, *, tenant: UUID, rule: StoredRule) -> int | None:
    current = rule.published_version or 0
    return await rules.published_before(connection, tenant=tenant, rule_id=rule.rule_id, version=current)


async def _answer(
    connection: Connection, *, tenant: UUID, rule_id: str, number: int, status: int = 200, facts: list[Fact]
) -> Outcome:
    rule = await rules.find(connection, tenant=tenant, rule_id=rule_id)
    version = await rules.version(connection, tenant=tenant, rule_id=rule_id, version=number)
    if rule is None or version is None:
        raise refusals.version_not_found()
    return Outcome.json(rule_answer(rule, version=version), status=status, facts=facts)


def _made_id(request: UUID) -> str:
    """An id for a rule whose maker gave none: of the request, so that a redelivery makes the same."""
    return "sr_" + base64.b32encode(request.bytes).decode().rstrip("=").lower()[:20]
