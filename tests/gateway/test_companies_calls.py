"""Companies over HTTP: contacts never leave the gateway, files come in sealed and go out by pages."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from winnow_common.errors import PermanentError
from winnow_common.outcome import Outcome, Request
from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.sealed import SealedReference
from winnow_contracts.topics import SCORING_REQUESTS

from .conftest import Answer, Api, House

CSV = b"domain,industry\na.com,Technology\n"


async def send_file(
    api: Api, body: bytes = CSV, *, query: str = "", kind: str = "text/csv", headers: Mapping[str, str] | None = None
) -> Answer:
    sent = {"Content-Type": kind, **(headers or {})}
    return await api.call("POST", f"/v1/companies/import{query}", data=body, headers=sent)


@pytest.fixture
def imports(house: House) -> House:
    """The stand-in takes every file."""

    async def take(_: Request[Any]) -> Outcome:
        return Outcome.json({"import_id": "imp_1", "status": "queued"}, status=202)

    house.scoring.on("companies.import", take)
    return house


def sealed_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def content(api: Api, file: SealedReference, request: Request[Any]) -> bytes:
    pieces = [piece async for piece in api.gateway.services.sealed.read(file, tenant=request.tenant)]
    return b"".join(pieces)


async def test_a_company_is_put_as_it_was_sent(house: House, api: Api) -> None:
    attributes = {"name": "A", "employees": 5, "technologies": ["Stripe"], "custom.fit": "good", "city": None}

    await api.put("/v1/companies/a.com", attributes)

    (request,) = house.scoring.requests("companies.put")
    assert request.data.domain == "a.com"
    assert request.data.attributes == CompanyAttributes.model_validate(attributes)
    assert request.subject == "a.com"


async def test_contacts_become_yes_or_no_before_anything_is_published(house: House, api: Api) -> None:
    planted = {"email": "planted@a.com", "phone": "+1 planted", "linkedin": "planted", "name": "A"}

    await api.put("/v1/companies/a.com", planted)

    (request,) = house.scoring.requests("companies.put")
    sent = request.data.attributes
    assert (sent.email, sent.phone, sent.linkedin) == (True, True, True)
    assert not [record for record in house.log.records(SCORING_REQUESTS.name) if b"planted" in record.value]


async def test_a_blank_contact_is_not_known(house: House, api: Api) -> None:
    await api.put("/v1/companies/a.com", {"email": " ", "phone": False})

    (request,) = house.scoring.requests("companies.put")
    assert (request.data.attributes.email, request.data.attributes.phone) == (None, False)


async def test_a_new_company_has_a_place(house: House, api: Api) -> None:
    async def created(request: Request[Any]) -> Outcome:
        return Outcome.json({"domain": "a.com"}, status=201)

    house.scoring.on("companies.put", created)

    answer = await api.put("/v1/companies/A.com", {"name": "A"})

    assert (answer.status, answer.headers["Location"]) == (201, "/v1/companies/a.com")


async def test_filters_and_pages_are_asked_for_as_they_were_sent(house: House, api: Api) -> None:
    await api.get("/v1/companies?industry=Technology&min_employees=50&limit=7&cursor=abc")

    (request,) = house.scoring.requests("companies.list")
    given = request.data.model_dump(exclude_unset=True)
    assert given == {"filters": {"industry": "Technology", "min_employees": 50}, "cursor": "abc", "limit": 7}


async def test_a_file_is_sealed_and_handed_on_by_reference(imports: House, api: Api) -> None:
    answer = await send_file(api, query="?mapping=%7B%22Web%22%3A%22domain%22%7D")

    (request,) = imports.scoring.requests("companies.import")
    assert (answer.status, answer.json()["import_id"]) == (202, "imp_1")
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == ("/v1/imports/imp_1", "1")
    assert (request.data.content_type, request.data.mapping) == ("text/csv", {"Web": "domain"})
    assert request.data.object.size == len(CSV)
    assert request.data.object.expires == imports.clock.now + timedelta(days=7)
    assert await content(api, request.data.object, request) == CSV


async def test_nothing_of_a_file_is_readable_in_the_object_store(imports: House, api: Api, tmp_path: Path) -> None:
    await send_file(api, b"domain\nplanted.com\n" * 1000)

    files = sealed_files(tmp_path)

    assert files
    assert not [path for path in files if b"planted" in path.read_bytes()]


async def test_a_repeated_import_gets_the_first_answer_and_leaves_no_second_file(
    imports: House, api: Api, tmp_path: Path
) -> None:
    headers = {"Idempotency-Key": "import-1"}
    first = await send_file(api, headers=headers)
    files = sealed_files(tmp_path)

    second = await send_file(api, headers=headers)

    assert (second.status, second.body, second.headers["Idempotency-Replayed"]) == (202, first.body, "true")
    assert second.headers["Location"] == "/v1/imports/imp_1"
    assert sealed_files(tmp_path) == files
    assert len(imports.scoring.requests("companies.import")) == 1


@pytest.mark.parametrize(
    "change", [{"body": CSV + b"b.com,\n"}, {"query": "?mapping=%7B%7D"}, {"kind": "application/x-ndjson"}]
)
async def test_another_file_under_the_same_key_is_refused(imports: House, api: Api, change: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "import-1"}
    await send_file(api, headers=headers)

    answer = await send_file(api, headers=headers, **change)

    assert (answer.status, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_refused_import_leaves_no_file(house: House, api: Api, tmp_path: Path) -> None:
    house.scoring.refuse("companies.import", 429, "too_many_imports", "Wait")

    answer = await send_file(api)

    assert answer.status == 429
    assert sealed_files(tmp_path) == []


async def test_a_file_that_breaks_off_leaves_nothing(imports: House, api: Api, tmp_path: Path) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", api.gateway.port)
    head = (
        f"POST /v1/companies/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
        "Content-Type: text/csv\r\nContent-Length: 10000000\r\n\r\n"
    )
    writer.write(head.encode() + CSV * 10_000)
    await writer.drain()

    writer.close()
    async with asyncio.timeout(20):
        while sealed_files(tmp_path):
            await asyncio.sleep(0.02)

    assert imports.scoring.seen == []


async def test_a_file_that_is_too_long_is_refused_before_it_is_sent(imports: House, api: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api.gateway.port)
    size = 256 * 1024 * 1024 + 1
    head = (
        f"POST /v1/companies/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
        f"Content-Type: text/csv\r\nContent-Length: {size}\r\nExpect: 100-continue\r\n\r\n"
    )

    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_file_without_a_length_is_counted_while_it_arrives(
    imports: House, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winnow_gateway.handlers.imports.LARGEST_FILE", 100_000)

    async def pieces() -> Any:
        for _ in range(30):
            yield b"x" * 10_000

    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "text/csv"}
    url = f"{api.url}/v1/companies/import"
    async with api.session.post(url, data=pieces(), headers=headers) as answer:
        problem = orjson.loads(await answer.read())

    assert (answer.status, problem["code"]) == (413, "body_too_large")
    assert sealed_files(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"kind": "application/pdf"}, 415, "unsupported_media_type"),
        ({"headers": {"Content-Encoding": "gzip"}}, 400, "content_encoding_not_supported"),
        ({"body": b""}, 400, "empty_body"),
        ({"query": "?mapping=[]"}, 422, "invalid_request"),
        ({"query": "?mapping={"}, 422, "invalid_request"),
        ({"query": "?mapping=%7B%22a%22%3A7%7D"}, 422, "invalid_request"),
        ({"query": "?mapping=%7B%22a%22%3A%22b%22%2C%22a%22%3A%22c%22%7D"}, 422, "invalid_request"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused(
    imports: House, api: Api, change: dict[str, Any], status: int, code: str
) -> None:
    answer = await send_file(api, **change)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert imports.scoring.seen == []


async def test_an_import_whose_answer_never_came_keeps_its_file(imports: House, api: Api) -> None:
    release = asyncio.Event()

    async def slow(_: Request[Any]) -> Outcome:
        await release.wait()
        return Outcome.json({"import_id": "imp_1", "status": "queued"}, status=202)

    imports.scoring.on("companies.import", slow)
    async with imports.api(instance="hasty", longest_wait=0.2) as hasty:
        hasty.key = api.key
        late = await send_file(hasty)
    release.set()
    place = await api.get(late.headers["Location"])

    (request,) = imports.scoring.requests("companies.import")
    assert (late.status, place.json()["status"]) == (504, 202)
    assert await content(api, request.data.object, request) == CSV


async def test_a_sealed_file_is_its_tenants_alone(imports: House, api: Api) -> None:
    await send_file(api)
    (request,) = imports.scoring.requests("companies.import")
    foreign = Request(id=request.id, tenant=request.id, data=request.data, time=request.time)

    with pytest.raises(PermanentError):
        await content(api, request.data.object, foreign)


def pages(house: House, *companies: dict[str, Any], size: int) -> None:
    """The stand-in lists these companies, so many a page."""

    async def page(request: Request[Any]) -> Outcome:
        start = int(request.data.cursor or 0)
        end = start + size
        more = end < len(companies)
        found = [{"version": 1, **company} for company in companies[start:end]]
        return Outcome.json({"data": found, "has_more": more, "next_cursor": str(end) if more else None})

    house.scoring.on("companies.list", page)


COMPANIES = [
    {
        "domain": f"{n}.com",
        "name": f"Company {n}",
        "employees": n,
        "technologies": ["Stripe", "a;b"],
        "custom": {"x": n},
    }
    for n in range(25)
]


async def test_an_export_follows_all_pages(house: House, api: Api) -> None:
    pages(house, *COMPANIES, size=10)

    answer = await api.get("/v1/companies/export?format=ndjson&industry=Technology")

    rows = [orjson.loads(line) for line in answer.body.splitlines()]
    asked = [request.data for request in house.scoring.requests("companies.list")]
    assert rows == COMPANIES
    assert [(page.cursor, page.filters.industry) for page in asked] == [
        (None, "Technology"),
        ("10", "Technology"),
        ("20", "Technology"),
    ]
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert "X-RateLimit-Limit" in answer.headers


async def test_an_export_as_csv_has_a_header_and_guards_against_formulas(house: House, api: Api) -> None:
    pages(house, {"domain": "a.com", "name": "=1+1", "technologies": ["Stripe", "React"]}, size=10)

    answer = await api.get("/v1/companies/export?format=csv")

    header, row = answer.body.decode().splitlines()
    assert header.startswith("domain,name,industry")
    assert row.startswith("a.com,'=1+1,")
    assert "Stripe;React" in row
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="companies.csv"'


async def test_a_refused_export_is_a_refusal(house: House, api: Api) -> None:
    house.scoring.refuse("companies.list", 503, "overloaded", "Try again")

    answer = await api.get("/v1/companies/export")

    assert (answer.status, answer.json()["code"]) == (503, "overloaded")


async def test_an_export_that_cannot_go_on_is_cut_off_and_not_ended(house: House, api: Api) -> None:
    async def first_page_alone(request: Request[Any]) -> Outcome:
        if request.data.cursor is None:
            return Outcome.json({"data": COMPANIES[:2], "has_more": True, "next_cursor": "2"})
        return Outcome.json({"code": "gone"}, status=500)

    house.scoring.on("companies.list", first_page_alone)

    with pytest.raises(aiohttp.ClientPayloadError):
        await api.get("/v1/companies/export?format=ndjson")
