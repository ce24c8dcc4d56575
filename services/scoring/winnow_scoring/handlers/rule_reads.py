"""Questions about rules: one, all, their versions, what lint says."""

from uuid import UUID

from winnow_common.cursors import Cursors
from winnow_common.outcome import AnyHandler, Outcome, Read, Request
from winnow_common.pages import page
from winnow_common.postgres import Connection
from winnow_contracts import rulebook as contract
from winnow_contracts.rulebook import GetRule, LintRule, ListRules, ListRuleVersions

from winnow_scoring import refusals
from winnow_scoring.handlers.rule_answers import findings, rule_answer, version_summary
from winnow_scoring.rulebook import STARTER_ID, STARTER_VERSION, Version, starter_version
from winnow_scoring.store import rules
from winnow_scoring.store.rules import ListedRule, StoredRule

_BEYOND_ALL = 2**31


class RuleReads:
    """Answers for the reads among `rules.*`."""

    def __init__(self, *, cursors: Cursors) -> None:
        self._cursors = cursors

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Read(contract.GET, GetRule, self.get),
            Read(contract.LIST, ListRules, self.list),
            Read(contract.VERSIONS, ListRuleVersions, self.versions),
            Read(contract.LINT, LintRule, self.lint),
        )

    async def get(self, request: Request[GetRule], connection: Connection) -> Outcome:
        """A rule and one of its versions, the newest unless it is named."""
        rule = await _rule(connection, tenant=request.tenant, rule_id=request.data.id)
        version = await _version(connection, tenant=request.tenant, rule=rule, number=request.data.version)
        return Outcome.json(rule_answer(rule, version=version))

    async def lint(self, request: Request[LintRule], connection: Connection) -> Outcome:
        """What is odd about a version, the newest unless it is named."""
        rule = await _rule(connection, tenant=request.tenant, rule_id=request.data.id)
        version = await _version(connection, tenant=request.tenant, rule=rule, number=request.data.version)
        return Outcome.json({"id": rule.rule_id, "version": version.version, "lint": findings(version)})

    async def list(self, request: Request[ListRules], connection: Connection) -> Outcome:
        """Rules by id."""
        tenant, asked = request.tenant, request.data
        start = self._cursors.read(asked.cursor, tenant=tenant, of="rules")
        found = await rules.after(connection, tenant=tenant, rule_id=start, limit=asked.limit + 1)

        def cursor(rule: ListedRule) -> str:
            return self._cursors.make(rule.rule_id, tenant=tenant, of="rules")

        return page(found, limit=asked.limit, shown=_summary, cursor=cursor)

    async def versions(self, request: Request[ListRuleVersions], connection: Connection) -> Outcome:
        """Versions of a rule, newest first."""
        tenant, asked = request.tenant, request.data
        rule = await _rule(connection, tenant=tenant, rule_id=asked.id)
        scope = f"versions {rule.rule_id}"
        start = int(self._cursors.read(asked.cursor, tenant=tenant, of=scope) or _BEYOND_ALL)
        found = await _versions(connection, tenant=tenant, rule=rule, below=start, limit=asked.limit + 1)

        def cursor(version: Version) -> str:
            return self._cursors.make(str(version.version), tenant=tenant, of=scope)

        return page(
            found, limit=asked.limit, shown=lambda version: version_summary(rule, version=version), cursor=cursor
        )


async def _rule(connection: Connection, *, tenant: UUID, rule_id: str) -> StoredRule:
    """A rule that is there; the starter rule always is."""
    if rule_id == STARTER_ID:
        is_default = await rules.default_rule_id(connection, tenant=tenant) == STARTER_ID
        return StoredRule(STARTER_ID, STARTER_VERSION, STARTER_VERSION, deleted=False, is_default=is_default)
    rule = await rules.find(connection, tenant=tenant, rule_id=rule_id) if refusals.is_storable(rule_id) else None
    if rule is None or rule.deleted:
        raise refusals.rule_not_found()
    return rule


async def _version(connection: Connection, *, tenant: UUID, rule: StoredRule, number: int | None) -> Version:
    wanted = number or rule.latest_version
    if rule.rule_id == STARTER_ID and wanted == STARTER_VERSION:
        return starter_version()
    version = await rules.version(connection, tenant=tenant, rule_id=rule.rule_id, version=wanted)
    if version is None:
        raise refusals.version_not_found()
    return version


async def _versions(
    connection: Connection, *, tenant: UUID, rule: StoredRule, below: int, limit: int
) -> "list[Version]":
    if rule.rule_id == STARTER_ID:
        return [starter_version()] if below > STARTER_VERSION else []
    return await rules.versions_before(connection, tenant=tenant, rule_id=rule.rule_id, version=below, limit=limit)


def _summary(rule: ListedRule) -> dict[str, object]:
    """The `RuleSummary`."""
    return {
        "id": rule.rule_id,
        "name": rule.name,
        "default": rule.is_default,
        "published_version": rule.published_version,
        "latest_version": rule.latest_version,
        "updated_at": rule.updated_at,
    }
