"""Company data: one by one, as files, and as a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any, Literal, TypedDict, Unpack

from winnow.binding import D, Group, Listing, call, listing, stream
from winnow.calls import Call, Request, command, get, pause, segment
from winnow.errors import ImportFailed
from winnow.results import Company, ImportStatus, parse
from winnow.uploads import BytesSent, file_body

SECONDS_BETWEEN_LOOKS = 0.5


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


class Import(Group[D]):
    """An import that the server works on. `id` finds it again after this process is gone."""

    def __init__(self, driver: D, *, import_id: str) -> None:
        super().__init__(driver)
        self.id = import_id

    @call
    def status(self) -> Call[ImportStatus]:
        """How far it is now."""
        request = get(f"/v1/imports/{segment(self.id)}")
        return parse(ImportStatus, (yield from self._perform(request)))

    @call
    def wait(self, *, progress: Callable[[ImportStatus], None] | None = None) -> Call[ImportStatus]:
        """Look until it is finished, telling `progress` each time. `ImportFailed` if it failed.

        Rejected rows alone are no failure: the result lists them.
        """
        while True:
            answer = yield from self._perform(get(f"/v1/imports/{segment(self.id)}"))
            status = parse(ImportStatus, answer)
            if progress is not None:
                progress(status)
            if status.status == "failed":
                reason = status.error.detail if status.error else "no reason was given"
                raise ImportFailed(f"Import {self.id} failed: {reason}")
            if status.finished:
                return status
            yield from pause(SECONDS_BETWEEN_LOOKS)


class Companies(Group[D]):
    """What is known about companies, by domain."""

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

    @call
    def import_file(
        self,
        path: str | PathLike[str],
        /,
        *,
        mapping: Mapping[str, str] | None = None,
        content_type: str | None = None,
        progress: BytesSent | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Import[D]]:
        """Send a CSV, JSON or NDJSON file, read from disk piece by piece; then `wait` for it.

        `mapping` names attributes for headers that are spelled otherwise: `{"Website": "domain"}`.
        `progress` hears the bytes sent and the bytes in all.
        """
        request = command(
            "POST",
            "/v1/companies/import",
            file=file_body(path, content_type=content_type, progress=progress),
            query={"mapping": json.dumps(dict(mapping)) if mapping else None},
            idempotency_key=idempotency_key,
        )
        accepted = parse(ImportStatus, (yield from self._perform(request)))
        return Import(self.driver, import_id=accepted.import_id)

    @listing
    def imports(self) -> Listing[ImportStatus]:
        """Every import of the account, the newest first."""
        return Listing(get("/v1/imports"), ImportStatus)

    def import_handle(self, import_id: str, /) -> Import[D]:
        """An import that was begun earlier."""
        return Import(self.driver, import_id=import_id)

    @stream
    def export(self, *, format: Literal["csv", "ndjson"] = "ndjson") -> Request:
        """Every company, as the bytes of one file in the format that import reads."""
        request = get("/v1/companies/export", query={"format": format})
        return replace(request, streamed=True)
