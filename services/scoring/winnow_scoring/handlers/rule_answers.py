"""What callers and listeners are told about rules."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from winnow_common.errors import Problem, Violation
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_contracts import rulebook, topics
from winnow_contracts.topic import MessageType

from winnow_scoring.lint import lint_rule
from winnow_scoring.problems import RuleError
from winnow_scoring.rulebook import Draft, Version, read_draft, read_rule
from winnow_scoring.store.rules import Rulebook, StoredRule


def draft_of(definition: Mapping[str, Any]) -> Draft:
    """A draft; raises `Problem` with a pointer to everything that is wrong with the definition."""
    try:
        return read_draft(definition)
    except RuleError as error:
        violations = tuple(Violation(fault.pointer, fault.detail, fault.code) for fault in error.errors)
        raise Problem(422, "invalid_rule", "The rule cannot be compiled; see errors.", errors=violations) from None


def findings(version: Version) -> list[dict[str, Any]]:
    """What lint says about a version."""
    return [warning.as_json() for warning in lint_rule(read_rule(orjson.loads(version.definition)))]


def rule_answer(rule: StoredRule, *, version: Version) -> dict[str, Any]:
    """The `RuleAnswer`."""
    return {
        "id": rule.rule_id,
        "name": version.name,
        "default": rule.is_default,
        "version": version.version,
        "status": version.status(rule.published_version),
        "published_version": rule.published_version,
        "latest_version": rule.latest_version,
        "definition": orjson.Fragment(version.definition),
        "hash": version.hash,
        "lint": findings(version),
        "created_at": version.created_at,
    }


def version_summary(rule: StoredRule, *, version: Version) -> dict[str, Any]:
    """The `VersionSummary`."""
    return {
        "version": version.version,
        "status": version.status(rule.published_version),
        "name": version.name,
        "hash": version.hash,
        "created_at": version.created_at,
        "published_at": version.published_at,
    }


def published(version: Version, *, book: Rulebook, tenant: UUID, cause: UUID) -> Fact:
    """`rule.published`."""
    told = {
        "rule_id": version.rule_id,
        "rule_version": version.version,
        "rule_hash": version.hash,
        "default_rule_id": book.default_rule_id,
    }
    return _fact(rulebook.PUBLISHED, told=told, book=book, tenant=tenant, cause=cause)


def deleted(rule_id: str, *, book: Rulebook, tenant: UUID, cause: UUID) -> Fact:
    """`rule.deleted`."""
    told = {"rule_id": rule_id, "default_rule_id": book.default_rule_id}
    return _fact(rulebook.DELETED, told=told, book=book, tenant=tenant, cause=cause)


def _fact(type: MessageType, *, told: dict[str, Any], book: Rulebook, tenant: UUID, cause: UUID) -> Fact:
    """Facts of one tenant are in one order, whichever rule they are about: that of the rulebook's revisions."""
    return Fact(
        topic=topics.VERSIONS,
        type=type,
        id=event_id(cause, type.name, told["rule_id"]),
        tenant=tenant,
        key="",
        data=orjson.dumps(told),
        sequence=book.revision,
    )
