"""What a round of scoring needs from the database: profiles in one query, and in another the rules that are not known.

Rules are known while their tenant's rulebook, whose revision comes with the profiles, has not changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_common.postgres import Connection

from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.published_rules import PublishedRules, RuleKey
from winnow_scoring.refusals import is_storable
from winnow_scoring.rulebook import STARTER_ID, STARTER_VERSION, starter
from winnow_scoring.scored import PublishedRule, ScoredProfile, Verdicts
from winnow_scoring.store import companies, rules
from winnow_scoring.store.rules import Published


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
    published: PublishedRules,
    now: datetime,
) -> Inputs:
    """The profiles of these domains, and the rules that were named or are the default."""
    asked = list(domains)
    profiles: dict[tuple[UUID, str], ScoredProfile] = {}
    revisions: dict[UUID, int] = {}
    found = await companies.to_score(connection, asked=asked)
    for (tenant, domain), (version, attributes, updated_at, revision) in zip(asked, found, strict=True):
        revisions[tenant] = revision
        if version is not None and attributes is not None and updated_at is not None:
            profiles[tenant, domain] = ScoredProfile(
                domain, version=version, attributes=attributes, updated_at=updated_at
            )
    known = published.find(named, revisions=revisions)
    if len(known) == len(named):
        return Inputs(profiles, known)
    read = await _rules(connection, named=named - known.keys(), compiled=compiled, now=now)
    if not connection.is_in_transaction():  # which may be undone, and another change get the same revision
        published.keep(read, revisions=revisions)
    return Inputs(profiles, known | read)


async def _rules(
    connection: Connection, *, named: set[RuleKey], compiled: CompiledRules, now: datetime
) -> dict[RuleKey, PublishedRule]:
    asked = [(tenant, rule_id) for tenant, rule_id in named if rule_id is None or is_storable(rule_id)]
    published = await rules.to_score(connection, asked=asked)
    found = {asked[place]: version for place, version in published.items()}
    starters = [key for key in asked if key not in found and key[1] in {None, STARTER_ID}]
    if starters:
        # The one thing that is written here: the same for every request, so it may stand without a score.
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
