"""Company data: one by one, as files, and as a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, Unpack

from winnow.binding import D, Listing, call, listing, stream
from winnow.calls import Answer, Call, command, get, segment, streamed
from winnow.groups.imports import Import, TakesFiles
from winnow.results import Company, ImportStatus, parse


class CompanyAttributes(TypedDict, total=False):
    """What may be said about a company. Nothing is inferred: what is not given is absent.

    `email`, `phone` and `linkedin` are kept as known or not known, so `True` says all there is.
    """

    name: str
    industry: str
    country: str
    region: str
    city: str
    employees: int
    revenue: float
    founded: int
    technologies: list[str]
    funding_stage: str
    funding_total: float
    last_funding_at: str
    signals: list[str]
    tags: list[str]
    description: str
    status: str
    confidence: float
    email: str | bool
    phone: str | bool
    linkedin: str | bool
    custom: Mapping[str, Any]


class Companies(TakesFiles[D]):
    """What is known about companies, by domain."""

    _path = "/v1/companies"

    @call
    def put(self, domain: str, /, **attributes: Unpack[CompanyAttributes]) -> Call[Company]:
        """Say what is known; it replaces what this account said before."""
        request = command("PUT", f"/v1/companies/{segment(domain)}", json=attributes)
        return parse(Company, (yield from self._perform(request)))

    @call
    def get(self, domain: str, /) -> Call[Company]:
        """What is known about one company."""
        request = get(f"/v1/companies/{segment(domain)}")
        return parse(Company, (yield from self._perform(request)))

    @call
    def delete(self, domain: str, /) -> Call[None]:
        """Forget a company."""
        yield from self._perform(command("DELETE", f"/v1/companies/{segment(domain)}"))

    @listing
    def list(
        self,
        *,
        industry: str | None = None,
        country: str | None = None,
        tag: str | None = None,
        technology: str | None = None,
        min_employees: int | None = None,
        max_employees: int | None = None,
        matching: str | None = None,
        page_size: int | None = None,
    ) -> Listing[Company]:
        """Every company that passes all the filters, by domain, page by page as it is read.

        Text is compared without regard to case; `matching` is a part of the name or the domain.
        """
        filters = {
            "industry": industry,
            "country": country,
            "tag": tag,
            "technology": technology,
            "min_employees": min_employees,
            "max_employees": max_employees,
            "q": matching,
        }
        return Listing(get("/v1/companies", query={**filters, "limit": page_size}), Company)

    @listing
    def imports(self) -> Listing[ImportStatus]:
        """Every import of the account, the newest first."""
        return Listing(get("/v1/imports"), ImportStatus)

    def import_handle(self, import_id: str, /) -> Import[D]:
        """An import that was begun earlier."""
        return Import(self.driver, import_id=import_id)

    @stream
    def export(self, *, format: Literal["csv", "ndjson"] = "ndjson") -> Call[Answer]:
        """Every company, as the bytes of one file in the format that import reads."""
        return (yield from self._perform(streamed("/v1/companies/export", query={"format": format})))
