"""Customers: put as a whole, added, taken away, listed. What is not known of them is asked for."""

from collections.abc import Collection, Sequence
from datetime import datetime

from winnow_common.clock import Clock
from winnow_common.cursors import Cursors
from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_common.errors import Violation
from winnow_common.outcome import AnyHandler, Command, Fact, Outcome, Read, Request
from winnow_common.pages import page
from winnow_common.postgres import Connection
from winnow_contracts import customers as contract
from winnow_contracts.customers import AddCustomers, CustomerEntry, DeleteCustomer, ListCustomers, PutCustomers

from winnow_scoring import refusals
from winnow_scoring.enrichment_facts import requested
from winnow_scoring.refusals import domain_of
from winnow_scoring.store import customers, enrichment
from winnow_scoring.store.customers import Customer, Standing


class CustomerHandlers:
    """Answers for `customers.*` but the import, which is one of files."""

    def __init__(self, *, clock: Clock, cursors: Cursors) -> None:
        self._clock = clock
        self._cursors = cursors

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.PUT, PutCustomers, self.put),
            Command(contract.ADD, AddCustomers, self.add),
            Command(contract.DELETE, DeleteCustomer, self.delete),
            Read(contract.LIST, ListCustomers, self.list),
        )

    async def put(self, request: Request[PutCustomers], connection: Connection) -> Outcome:
        """Make these all customers there are."""
        said, now = _by_domain(request.data.customers), self._clock()
        weights = {domain: entry.weight for domain, entry in said.items()}
        facts = await _ask_for(weights, request, connection, now)
        standing = await customers.replace(connection, tenant=request.tenant, weights=weights, now=now)
        return _accepted(standing, facts=facts)

    async def add(self, request: Request[AddCustomers], connection: Connection) -> Outcome:
        """Make these customers too; one that is there keeps its weight where none is said."""
        said, now = _by_domain(request.data.customers), self._clock()
        weights = {domain: entry.weight if _says_weight(entry) else None for domain, entry in said.items()}
        facts = await _ask_for(weights, request, connection, now)
        standing = await customers.add(connection, tenant=request.tenant, weights=weights, now=now)
        return _accepted(standing, facts=facts)

    async def delete(self, request: Request[DeleteCustomer], connection: Connection) -> Outcome:
        """Make this company no customer."""
        domain = domain_of(request.data.domain)
        standing = await customers.remove(connection, tenant=request.tenant, domain=domain, now=self._clock())
        if standing is None:
            raise refusals.customer_not_found()
        return _accepted(standing)

    async def list(self, request: Request[ListCustomers], connection: Connection) -> Outcome:
        """Customers by domain."""
        tenant, asked = request.tenant, request.data
        start = self._cursors.read(asked.cursor, tenant=tenant, of="customers")
        found = await customers.after(connection, tenant=tenant, domain=start, limit=asked.limit + 1)

        def cursor(customer: Customer) -> str:
            return self._cursors.make(customer.domain, tenant=tenant, of="customers")

        return page(found, limit=asked.limit, shown=Customer.as_json, cursor=cursor)


def _by_domain(entries: Sequence[CustomerEntry]) -> dict[str, CustomerEntry]:
    """Entries by domain; the last of several counts. Raises `Problem` that names every entry without a domain."""
    found: dict[str, CustomerEntry] = {}
    wrong: list[Violation] = []
    for place, entry in enumerate(entries):
        try:
            found[registrable_domain(entry.domain)] = entry
        except InvalidDomain as error:
            wrong.append(Violation(f"/customers/{place}/domain", f"Not a company's domain: {error}."))
    if wrong:
        raise refusals.invalid_request(*wrong)
    return found


def _says_weight(entry: CustomerEntry) -> bool:
    return "weight" in entry.model_fields_set


async def _ask_for(
    domains: Collection[str],
    request: Request[PutCustomers] | Request[AddCustomers],
    connection: Connection,
    now: datetime,
) -> list[Fact]:
    """The facts that ask for those of which nothing is known. Locks their companies, before customers are locked."""
    wanted = await enrichment.seek(connection, tenant=request.tenant, domains=domains, now=now)
    return [requested(domain, tenant=request.tenant, cause=request.id, reason="customer") for domain in wanted]


def _accepted(standing: Standing, *, facts: Sequence[Fact] = ()) -> Outcome:
    """The `CustomersAccepted`."""
    return Outcome.json({"customers": standing.customers, "model_version": standing.revision}, status=202, facts=facts)
