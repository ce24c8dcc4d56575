"""Stored leads are opened: their contents and accounts, with the plan of their batch."""

from collections.abc import Sequence
from uuid import UUID

from winnow_contracts.bulk import BatchPlan

from winnow_pipeline.lead_answers import OpenedLead, account_of
from winnow_pipeline.store.leads import StoredLead
from winnow_pipeline.vault.contents import lead_of
from winnow_pipeline.vault.sealing import StoredContent, open_account, open_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys


def opened(
    leads: Sequence[StoredLead], keys: OpenedKeys, *, tenant: UUID, plans: "dict[UUID, BatchPlan | None]"
) -> list[OpenedLead]:
    """The leads with what is sealed of them; 20 to 40 us each. `plans` by batch."""
    contents = open_chunk(keys, tenant=tenant, leads=[_content(lead) for lead in leads])
    return [
        OpenedLead(
            stored=lead,
            content=None if content is None else lead_of(content),
            account=account_of(_account(lead, keys, tenant=tenant)),
            plan=plans.get(lead.batch_id),
        )
        for lead, content in zip(leads, contents, strict=True)
    ]


def _content(lead: StoredLead) -> StoredContent:
    return StoredContent(lead.lead_id, lead.version, lead.wrapped, lead.sealed)


def _account(lead: StoredLead, keys: OpenedKeys, *, tenant: UUID) -> bytes | None:
    if lead.account is None or lead.wrapped is None or lead.version is None:
        return None
    return open_account(
        keys, tenant=tenant, lead_id=lead.lead_id, wrapped=lead.wrapped, version=lead.version, sealed=lead.account
    )
