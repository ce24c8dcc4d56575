"""What a process that computes does with one chunk: normalize it, then judge, seal and index it.

Runs in a process of `computing.Slot`, one chunk at a time. `normalized` leaves its leads here while the parent asks the
network about what it returned; `judged` takes them up. Caches of distinct values live as long as the process.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from winnow_pipeline.contacts.judging import judged as judge
from winnow_pipeline.contacts.mail_hosts import MailHost
from winnow_pipeline.contacts.mailboxes import MailboxAnswer
from winnow_pipeline.contacts.normalizing import Caches, mail_domains
from winnow_pipeline.contacts.normalizing import normalized as normalize
from winnow_pipeline.enrichment.interface import Found
from winnow_pipeline.leads import Contact, EmailStatus, Lead, PhoneStatus, Reason
from winnow_pipeline.matching.keys import blocking_keys
from winnow_pipeline.matching.survivors import preference_of
from winnow_pipeline.phases import raw_rows
from winnow_pipeline.phases.prepared import Prepared, columns, match_record, told_of
from winnow_pipeline.public_ids import lead_id
from winnow_pipeline.vault.contents import content_of
from winnow_pipeline.vault.pseudonyms import PseudonymKey, subject_keys
from winnow_pipeline.vault.sealing import SealedLead, seal_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys

ERASED = Reason("erased", "The person was erased on request and is not taken in again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What has to be asked about a chunk."""

    mail_domains: frozenset[str]
    companies: tuple[str, ...]
    """Registrable domains, each once."""
    addresses: tuple[str, ...]
    """E-mail addresses whose syntax is fine, for whoever probes mailboxes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was found out about it, and by whose keys it is sealed."""

    tenant: UUID
    batch_id: UUID
    keys: OpenedKeys
    hosts: Mapping[str, MailHost] = field(default_factory=dict)
    mailboxes: Mapping[str, MailboxAnswer] = field(default_factory=dict)
    companies: Mapping[str, Found] = field(default_factory=dict)
    hits: Collection[str] = ()
    """Companies that were known without asking."""
    erased: Collection[bytes] = ()
    """Pseudonyms of persons who are not to be taken in."""
    failed: bool = False
    """The rows are not to be judged, only kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A chunk as it is to be stored."""

    content: bytes
    """Of `Prepared`."""
    sealed: Sequence[SealedLead]
    keys: Sequence[tuple[UUID, Sequence[int]]]
    multi_source: int


@dataclass(slots=True)
class _Desk:
    caches: Caches = field(default_factory=Caches)
    leads: list[Lead] = field(default_factory=list)


@cache
def _desk() -> _Desk:
    return _Desk()


def normalized(raw: bytes) -> Wanted:
    """Normalize a chunk and keep it here."""
    desk = _desk()
    desk.leads = normalize(raw_rows.read(raw), desk.caches)
    companies = dict.fromkeys(lead.account.domain for lead in desk.leads if lead.account.domain)
    sound = (lead.contact for lead in desk.leads if lead.contact.email_status is not EmailStatus.UNDELIVERABLE)
    return Wanted(
        mail_domains=frozenset(mail_domains(desk.leads)),
        companies=tuple(companies),
        addresses=tuple(dict.fromkeys(contact.email for contact in sound if contact.email)),
    )


def pseudonyms(keys: OpenedKeys) -> list[bytes]:
    """Of everybody in the chunk, under every version of the tenant's key."""
    key = PseudonymKey(keys)
    return [each for lead in _desk().leads for each in key.pseudonyms(subject_keys(lead.contact))]


def judged(answers: Answers) -> Judged:
    """Judge the chunk that was normalized last, seal it, and say how it is found again."""
    desk = _desk()
    leads, desk.leads = desk.leads, []
    if not answers.failed:
        leads = judge(leads, answers.hosts, answers.mailboxes)
    if answers.erased:
        leads = _without_erased(leads, answers)
    ids = [lead_id(answers.batch_id, lead.number) for lead in leads]
    kept = [(id, lead) for id, lead in zip(ids, leads, strict=True) if lead.reason != ERASED]
    prepared, multi_source = _prepared(leads, answers)
    contents = [(id, content_of(lead)) for id, lead in kept]
    return Judged(
        content=prepared.content(),
        sealed=seal_chunk(answers.keys, tenant=answers.tenant, contents=contents),
        keys=_match_keys(kept, answers),
        multi_source=multi_source,
    )


def _without_erased(leads: Sequence[Lead], answers: Answers) -> list[Lead]:
    key = PseudonymKey(answers.keys)
    kept: list[Lead] = []
    for lead in leads:
        found = key.pseudonyms(subject_keys(lead.contact))
        kept.append(blank(lead) if any(each in answers.erased for each in found) else lead)
    return kept


def blank(lead: Lead) -> Lead:
    """A row of which nothing is kept."""
    return Lead(number=lead.number, line=lead.line, contact=Contact(), account=type(lead.account)(), reason=ERASED)


def _match_keys(kept: Sequence[tuple[UUID, Lead]], answers: Answers) -> list[tuple[UUID, list[int]]]:
    """Keys of every row that says anything of a person: erasure finds those by them that are rejected, too."""
    key = PseudonymKey(answers.keys)
    found: list[tuple[UUID, list[int]]] = []
    for id, lead in kept:
        texts = subject_keys(lead.contact)
        if lead.reason is None and not answers.failed:
            texts = [*texts, *blocking_keys(match_record(lead))]
        if texts:
            found.append((id, key.keys64(texts)))
    return found


def _prepared(leads: Sequence[Lead], answers: Answers) -> tuple[Prepared, int]:
    prepared, multi_source = Prepared(), 0
    records = []
    for lead in leads:
        contact, account, reason = lead.contact, lead.account, lead.reason
        found = answers.companies.get(account.domain) if account.domain else None
        agrees = found is not None and agreeing(account.attributes, found.attributes)
        multi_source += agrees
        record = match_record(lead) if reason is None and not answers.failed else {}
        records.append(record)
        prepared.numbers.append(lead.number)
        prepared.lines.append(lead.line)
        prepared.reasons.append(None if reason is None else (reason.code, reason.detail, reason.column))
        prepared.email_statuses.append(contact.email_status if contact.email else EmailStatus.UNKNOWN)
        prepared.phone_statuses.append(contact.phone_status if contact.phone else PhoneStatus.UNKNOWN)
        prepared.domains.append(account.domain)
        prepared.attributes.append(account.attributes)
        prepared.contacts.append(told_of(lead))
        prepared.hits.append(account.domain in answers.hits if account.domain else None)
        prepared.sources.append(1 + (found is not None))
        prepared.preferences.append(preference_of(record, email_status=contact.email_status))
    prepared.match = columns(records)
    prepared.companies = {
        domain: {"attributes": dict(found.attributes), "source": found.source, "observed_at": found.observed_at}
        for domain, found in answers.companies.items()
    }
    return prepared, multi_source


def agreeing(told: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether two sources say the same of any attribute."""
    return any(_folded(told[name]) == _folded(found[name]) for name in told.keys() & found.keys())


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    return sorted(map(str, value)) if isinstance(value, list | tuple) else value
