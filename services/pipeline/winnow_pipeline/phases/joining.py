"""Survivorship: what a survivor does not say itself is taken from its duplicates.

Runs in a process of `computing.Slot`, since contents of the vault are opened and sealed. The policy is that of
`matching.survivors`: what a row says itself stays; what it does not say comes from the duplicates of its own batch, the
more complete first. Earlier leads are never changed by later ones: they may have been acted upon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from winnow_pipeline.leads import Contact, Lead
from winnow_pipeline.matching.survivors import fills
from winnow_pipeline.phases.prepared import Prepared
from winnow_pipeline.public_ids import Prefix, row_of, shown
from winnow_pipeline.vault.contents import content_of, lead_of
from winnow_pipeline.vault.sealing import SealedLead, StoredContent, open_chunk, seal_again
from winnow_pipeline.vault.tenant_keys import OpenedKeys

_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "full_name": ("first_name", "middle_name", "last_name"),
    "email": ("email_status", "email_reasons", "email_suggestion"),
    "phone": ("phone_status",),
    "title": ("title_normalized", "seniority", "function"),
}
"""What goes with a field: of one row, or not at all."""

_FILLED = (
    "full_name",
    "title",
    "email",
    "phone",
    "mobile_phone",
    "linkedin",
    "date_of_birth",
    "national_id",
    "external_id",
    "street",
    "house_number",
    "city",
    "region",
    "postcode",
    "country",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A chunk whose survivors were completed, and their contents sealed anew."""

    content: bytes
    sealed: Sequence[SealedLead]


def joined(
    content: bytes,
    keys: OpenedKeys,
    *,
    tenant: UUID,
    duplicates: Mapping[UUID, Sequence[UUID]],
    stored: Sequence[StoredContent],
) -> Joined:
    """Complete the survivors of a chunk by their duplicates, whose contents are among `stored` like their own."""
    prepared = Prepared.of(content)
    opened = open_chunk(keys, tenant=tenant, leads=stored)
    leads = {each.lead_id: lead_of(data) for each, data in zip(stored, opened, strict=True) if data is not None}
    by_id = {each.lead_id: each for each in stored}
    places = {number: place for place, number in enumerate(prepared.numbers)}
    sealed: list[SealedLead] = []
    for survivor, others in duplicates.items():
        lead = leads.get(survivor)
        known = [(each, leads[each]) for each in others if each in leads]
        if lead is None or not known:
            continue
        completed = complete(lead, known)
        if completed is lead:
            continue
        place = places[row_of(survivor)]
        prepared.replace(place, completed, sources=prepared.sources[place])
        sealed.append(seal_again(keys, tenant=tenant, lead=by_id[survivor], data=content_of(completed)))
    return Joined(content=prepared.content(), sealed=sealed)


def complete(lead: Lead, duplicates: Sequence[tuple[UUID, Lead]]) -> Lead:
    """The lead with what it lacks; itself where nothing is to be had."""
    taken = fills(_values(lead), [_values(other) for _, other in duplicates])
    changes: dict[str, object] = {}
    filled = dict(lead.filled)
    account = lead.account
    for name, place in taken.items():
        id, other = duplicates[place]
        filled[name] = shown(id, prefix=Prefix.LEAD)
        if name in {"company", "domain"}:
            account = replace(
                account, **{"name" if name == "company" else name: getattr(other.account, _ACCOUNT[name])}
            )
            continue
        for each in (name, *_TOGETHER.get(name, ())):
            changes[each] = getattr(other.contact, each)
    attributes = _attributes(lead, duplicates)
    if not taken and attributes is None:
        return lead
    if attributes is not None:
        account = replace(account, attributes=attributes)
    contact: Contact = replace(lead.contact, **changes)  # type: ignore[arg-type]
    return replace(lead, contact=contact, account=account, filled=filled)


_ACCOUNT = {"company": "name", "domain": "domain"}


def _values(lead: Lead) -> dict[str, str | None]:
    values: dict[str, str | None] = {name: getattr(lead.contact, name) for name in _FILLED}
    values["company"] = lead.account.name
    values["domain"] = lead.account.domain
    return values


def _attributes(lead: Lead, duplicates: Sequence[tuple[UUID, Lead]]) -> dict[str, object] | None:
    """Attributes of the same company that the row does not tell; None where there are none."""
    told = dict(lead.account.attributes)
    for _, other in duplicates:
        if other.account.domain == lead.account.domain:
            for name, value in other.account.attributes.items():
                told.setdefault(name, value)
    return told if len(told) > len(lead.account.attributes) else None
