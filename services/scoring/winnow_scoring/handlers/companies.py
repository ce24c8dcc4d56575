"""Company profiles: put, get, list, delete."""

from winnow_common.clock import Clock
from winnow_common.cursors import Cursors
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.pages import page
from winnow_common.postgres import Connection
from winnow_contracts import profiles
from winnow_contracts.profiles import DeleteCompany, GetCompany, ListCompanies, PutCompany

from winnow_scoring import refusals
from winnow_scoring.company_facts import deleted, updated
from winnow_scoring.profiles import Profile
from winnow_scoring.refusals import domain_of
from winnow_scoring.store import companies, customers
from winnow_scoring.store.companies import Company


class CompanyHandlers:
    """Answers for `companies.*`."""

    def __init__(self, *, clock: Clock, cursors: Cursors) -> None:
        self._clock = clock
        self._cursors = cursors

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(profiles.PUT, PutCompany, self.put),
            Command(profiles.DELETE, DeleteCompany, self.delete),
            Read(profiles.GET, GetCompany, self.get),
            Read(profiles.LIST, ListCompanies, self.list),
        )

    async def put(self, request: Request[PutCompany], connection: Connection) -> Outcome:
        """Replace a profile. A PUT that changes nothing is no new version and no fact."""
        profile = {domain_of(request.data.domain): Profile.of(request.data.attributes)}
        tenant, now = request.tenant, self._clock()
        [change] = await companies.put(connection, tenant=tenant, profiles=profile, source="api", now=now)
        facts = [updated(change, tenant=tenant, cause=request.id)] if change.changed else []
        if change.changed:
            await customers.note_profiles(connection, tenant=tenant, domains=profile, now=now)
        return Outcome.json(change.company.as_json(), status=201 if change.created else 200, facts=facts)

    async def delete(self, request: Request[DeleteCompany], connection: Connection) -> Outcome:
        """Forget a company."""
        domain = domain_of(request.data.domain)
        now = self._clock()
        version = await companies.delete(connection, tenant=request.tenant, domain=domain, now=now)
        if version is None:
            raise refusals.domain_not_found()
        await customers.note_profiles(connection, tenant=request.tenant, domains=[domain], now=now)
        return Outcome(status=204, facts=[deleted(domain, version=version, tenant=request.tenant, cause=request.id)])

    async def get(self, request: Request[GetCompany], connection: Connection) -> Outcome:
        """A profile."""
        domain = domain_of(request.data.domain)
        company = await companies.get(connection, tenant=request.tenant, domain=domain)
        if company is None:
            raise refusals.domain_not_found()
        return Outcome.json(company.as_json())

    async def list(self, request: Request[ListCompanies], connection: Connection) -> Outcome:
        """Profiles by domain."""
        tenant, asked = request.tenant, request.data
        scope = f"companies {asked.filters.model_dump_json()}"
        start = self._cursors.read(asked.cursor, tenant=tenant, of=scope)
        found = await companies.after(
            connection, tenant=tenant, domain=start, filters=asked.filters, limit=asked.limit + 1
        )

        def cursor(company: Company) -> str:
            return self._cursors.make(company.domain, tenant=tenant, of=scope)

        return page(found, limit=asked.limit, shown=Company.as_json, cursor=cursor)
