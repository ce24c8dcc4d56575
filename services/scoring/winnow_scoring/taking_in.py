"""What becomes of the rows of a file that is imported: companies, or customers with what is known of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from winnow_common.outcome import Fact
from winnow_common.postgres import Connection

from winnow_scoring.company_facts import updated
from winnow_scoring.enrichment_facts import requested
from winnow_scoring.files.rows import Accepted
from winnow_scoring.store import companies, customers, enrichment
from winnow_scoring.store.companies import Change
from winnow_scoring.store.imports import ImportKind, Lease


async def take_in(connection: Connection, *, rows: Sequence[Accepted], lease: Lease, now: datetime) -> list[Fact]:
    """Write rows down as what the file's rows are; of several for one company the last counts. What is to be told."""
    if lease.kind is ImportKind.CUSTOMERS:
        return await _take_in_customers(connection, rows=rows, lease=lease, now=now)
    changes, facts = await _put(connection, rows={row.domain: row for row in rows}, lease=lease, now=now)
    changed = [change.company.domain for change in changes]
    await customers.note_profiles(connection, tenant=lease.tenant, domains=changed, now=now)
    return facts


async def _take_in_customers(
    connection: Connection, *, rows: Sequence[Accepted], lease: Lease, now: datetime
) -> list[Fact]:
    """A row without attributes leaves its company as it is, and one without a weight leaves that."""
    full = {row.domain: row for row in rows if row.profile.attributes}
    weights: dict[str, float | None] = dict.fromkeys(row.domain for row in rows)
    weights |= {row.domain: row.weight for row in rows if row.weight is not None}
    changes, facts = await _put(connection, rows=full, lease=lease, now=now)
    wanted = await enrichment.seek(connection, tenant=lease.tenant, domains=weights, now=now)
    await customers.add(connection, tenant=lease.tenant, weights=weights, now=now, profiles_changed=bool(changes))
    asked = [requested(domain, tenant=lease.tenant, cause=lease.import_id, reason="customer") for domain in wanted]
    return [*facts, *asked]


async def _put(
    connection: Connection, *, rows: Mapping[str, Accepted], lease: Lease, now: datetime
) -> tuple[list[Change], list[Fact]]:
    """What changed, and the facts that tell it."""
    profiles = {domain: row.profile for domain, row in rows.items()}
    put = await companies.put(connection, tenant=lease.tenant, profiles=profiles, source="import", now=now)
    changes = [change for change in put if change.changed]
    facts = [
        updated(change, tenant=lease.tenant, cause=lease.import_id, place=f":{rows[change.company.domain].number}")
        for change in changes
    ]
    return changes, facts
