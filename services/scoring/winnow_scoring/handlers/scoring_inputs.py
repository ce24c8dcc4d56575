"""What a round of scoring needs from the database: profiles in one query, published rules in another, compiled once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection

from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.domains import InvalidDomain, registrable_domain
from winnow_scoring.refusals import is_storable
from winnow_scoring.rulebook import STARTER_ID, STARTER_VERSION, starter
from winnow_scoring.scored import PublishedRule, ScoredProfile, Verdicts
from winnow_scoring.store import companies, rules
from winnow_scoring.store.rules import Published

RuleKey = tuple[UUID, str | None]
"""A tenant, and the rule that it named."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was asked for and is known; what is unknown is absent."""

    profiles: Mapping[tuple[UUID, str], ScoredProfile]
    rules: Mapping[RuleKey, PublishedRule]


def domain_or_none(text: str) -> str | None:
    """The registrable domain in a text, or None where there is none."""
    try:
        return registrable_domain(text)
    except InvalidDomain:
        return None


async def load(
    connection: Connection,
    *,
    domains: set[tuple[UUID, str]],
    named: set[RuleKey],
    compiled: CompiledRules,
    now: datetime,
) -> Inputs:
    """The profiles of these domains, and the rules that were named or are the default."""
    profiles = {
        (tenant, domain): ScoredProfile(domain, version=found[0], attributes=found[1], updated_at=found[2])
        for (tenant, domain), found in (await companies.to_score(connection, asked=domains)).items()
    }
    return Inputs(profiles, await _rules(connection, named=named, compiled=compiled, now=now))


async def _rules(
    connection: Connection, *, named: set[RuleKey], compiled: CompiledRules, now: datetime
) -> dict[RuleKey, PublishedRule]:
    asked = [(tenant, rule_id) for tenant, rule_id in named if rule_id is None or is_storable(rule_id)]
    published = await rules.to_score(connection, asked=asked)
    found = {asked[place]: version for place, version in published.items()}
    starters = [key for key in asked if key not in found and key[1] in {None, STARTER_ID}]
    if starters:
        await rules.keep_starter(connection, tenants={tenant for tenant, _ in starters}, now=now)
        found |= dict.fromkeys(starters, _starter())
    ready = await _compiled(connection, found=found, compiled=compiled)
    rulebook = {
        version: PublishedRule(
            version.rule_id,
            version=version.version,
            name=version.name,
            rule_hash=version.hash,
            verdicts=ready[version.hash],
        )
        for version in set(found.values())
    }
    return {key: rulebook[version] for key, version in found.items()}


async def _compiled(
    connection: Connection, *, found: Mapping[RuleKey, Published], compiled: CompiledRules
) -> dict[str, Verdicts]:
    """The compiled rules by their hashes; definitions are only asked for where one was not compiled lately."""
    ready: dict[str, Verdicts] = {}
    unknown: list[tuple[UUID, str, int]] = []
    for (tenant, _), version in found.items():
        rule = compiled.find(version.hash)
        if rule is None:
            unknown.append((tenant, version.rule_id, version.version))
        else:
            ready[version.hash] = rule
    if unknown:
        definitions = await rules.definitions(connection, asked=unknown)
        ready |= {key: compiled.compile(key, definition=definition) for key, definition in definitions.items()}
    return ready


def _starter() -> Published:
    draft = starter()
    return Published(STARTER_ID, STARTER_VERSION, draft.name, draft.hash)
