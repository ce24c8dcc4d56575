"""What the operations send and what they make of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from winnow import AsyncWinnow, ImportFailed, Score, Unscored, UnusableArgument, Winnow
from winnow.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import WinnowServer

KEY = "wk_test_0123456789"


def know(api: WinnowServer, *domains: str) -> None:
    api.companies |= {domain: {"domain": domain} for domain in domains}


def test_attributes_are_sent_flat_and_unknown_fields_of_the_answer_are_ignored(
    api: WinnowServer, client: Winnow
) -> None:
    company = client.companies.put("acme.com", industry="Technology", employees=120, technologies=["Stripe"])

    assert api.received[0].json() == {"industry": "Technology", "employees": 120, "technologies": ["Stripe"]}
    assert company.domain == "acme.com"
    assert company.technologies == ["Stripe"]
    assert not hasattr(company, "field_of_the_future")


@pytest.mark.parametrize("domain", ["a/b.com", "ü.com", "a b?x=1#y", "%2e%2e", "..."])
def test_a_domain_stays_one_segment_of_the_path(api: WinnowServer, client: Winnow, domain: str) -> None:
    client.companies.put(domain)

    assert api.companies[domain]["domain"] == domain


@pytest.mark.parametrize("domain", ["", ".", ".."])
def test_what_would_name_another_path_is_refused(api: WinnowServer, client: Winnow, domain: str) -> None:
    with pytest.raises(UnusableArgument):
        client.companies.delete(domain)

    assert api.received == []


def test_every_command_carries_an_idempotency_key_and_reads_do_not(api: WinnowServer, client: Winnow) -> None:
    client.companies.put("acme.com")
    client.companies.get("acme.com")

    put, read = api.received
    assert put.headers["Idempotency-Key"]
    assert "Idempotency-Key" not in read.headers


def test_an_idempotency_key_of_the_caller_is_used(api: WinnowServer, client: Winnow) -> None:
    know(api, "acme.com")

    client.score("acme.com", idempotency_key="mine")

    assert api.received[0].headers["Idempotency-Key"] == "mine"


def test_a_score_has_its_reasons_in_order_of_weight(api: WinnowServer, client: Winnow) -> None:
    know(api, "acme.com")

    score = client.score("acme.com", "sr_icp")

    assert api.received[0].json() == {"domain": "acme.com", "rule_id": "sr_icp"}
    assert [line.condition for line in score.reasons] == ["Uses Stripe", "Industry is Technology"]
    assert sum(line.points for line in score.breakdown) == score.score


def test_many_domains_go_in_requests_of_100_and_come_back_in_order(api: WinnowServer, client: Winnow) -> None:
    domains = [f"company{number}.com" for number in range(250)]
    know(api, *domains)
    del api.companies["company7.com"]
    sizes: list[int] = []

    items = client.score_batch(iter(domains), progress=lambda items: sizes.append(len(items)))

    assert sizes == [100, 100, 50]
    assert [item.domain for item in items] == domains
    assert [item.domain for item in items if isinstance(item, Unscored)] == ["company7.com"]
    assert isinstance(items[0], Score)
    keys = {request.headers["Idempotency-Key"] for request in api.sent("POST", "/v1/scoring/batch")}
    assert len(keys) == 3


def test_a_list_is_read_page_by_page_as_it_is_needed(api: WinnowServer, client: Winnow) -> None:
    know(api, *[f"company{number}.com" for number in range(8)])

    companies = client.companies.list(industry="Technology")
    first = [next(companies) for _ in range(3)]
    pages_for_three = len(api.received)
    rest = list(companies)

    assert pages_for_three == 1
    assert [company.domain for company in [*first, *rest]] == [f"company{number}.com" for number in range(8)]
    assert [request.query.get("cursor") for request in api.received] == [None, "3", "6"]
    assert all(request.query["industry"] == "Technology" for request in api.received)


async def test_the_async_client_lists_scores_and_exports(api: WinnowServer) -> None:
    know(api, *[f"company{number}.com" for number in range(4)])

    async with AsyncWinnow(url=api.url, api_key=KEY) as client:
        listed = [company.domain async for company in client.companies.list()]
        scored = await client.score_batch(listed)
        exported = b"".join([piece async for piece in client.companies.export(format="csv")])

    assert listed == [f"company{number}.com" for number in range(4)]
    assert all(isinstance(item, Score) for item in scored)
    assert exported.decode().splitlines() == ["domain", *listed]


def test_a_file_is_imported_in_pieces_with_progress(
    api: WinnowServer, client: Winnow, tmp_path: Path, slept: list[float]
) -> None:
    file = tmp_path / "companies.ndjson"
    rows = [{"domain": f"company{number}.com", "description": "x" * 1000} for number in range(1000)]
    file.write_text("\n".join(map(json.dumps, [*rows, {"domain": "nonsense"}])))
    sent: list[tuple[int, int]] = []
    seen: list[str] = []

    running = client.companies.import_file(file, progress=lambda done, total: sent.append((done, total)))
    status = running.wait(progress=lambda status: seen.append(status.status))

    size = file.stat().st_size
    assert len(sent) == -(-size // (256 * 1024))
    assert sent[-1] == (size, size)
    assert seen == ["queued", "running", "completed"]
    assert (status.rows, status.imported, status.rejected) == (1001, 1000, 1)
    assert [(row.line, row.reason) for row in status.errors] == [(1001, "Invalid domain format")]
    assert len(slept) == 2
    request = api.received[0]
    assert request.headers["Content-Type"] == "application/x-ndjson"
    assert request.headers["Content-Length"] == str(size)


def test_an_upload_that_broke_off_is_sent_again_whole(api: WinnowServer, client: Winnow, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("domain\nacme.com\n")
    api.lose_answers(1)

    client.companies.import_file(file).wait()

    first, second = api.sent("POST", "/v1/companies/import")
    assert first.body == second.body == b"domain\nacme.com\n"
    assert len(api.imports) == 1


async def test_the_async_client_imports_with_a_mapping(api: WinnowServer, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("Website\nacme.com\n")

    async with AsyncWinnow(url=api.url, api_key=KEY, sleep=_no_sleep) as client:
        running = await client.companies.import_file(file, mapping={"Website": "domain"})
        status = await running.wait()

    assert status.imported == 1
    assert "acme.com" in api.companies


def test_an_import_that_failed_raises_its_reason(api: WinnowServer, client: Winnow) -> None:
    failed = {
        "import_id": "imp_9",
        "status": "failed",
        "error": {"code": "not_utf8", "detail": "The file is not UTF-8."},
    }
    api.imports["imp_9"] = [failed]

    with pytest.raises(ImportFailed, match=r"imp_9 failed: The file is not UTF-8\."):
        client.companies.import_handle("imp_9").wait()


def test_a_file_of_an_unknown_format_is_refused_before_anything_is_sent(
    api: WinnowServer, client: Winnow, tmp_path: Path
) -> None:
    file = tmp_path / "companies.xlsx"
    file.write_bytes(b"PK")

    with pytest.raises(UnusableArgument, match=r"companies\.xlsx"):
        client.companies.import_file(file)

    assert api.received == []


def test_export_gives_what_import_reads(api: WinnowServer, client: Winnow) -> None:
    know(api, "acme.com", "example.com")

    lines = b"".join(client.companies.export(format="ndjson")).splitlines()

    assert [json.loads(line)["domain"] for line in lines] == ["acme.com", "example.com"]


def test_publishing_is_said_in_the_body_of_a_rule(api: WinnowServer, client: Winnow) -> None:
    conditions = [{"attribute": "email", "operator": "has", "points": 10}]

    rule = client.rules.create({"name": "ICP", "conditions": conditions}, publish=True)

    assert api.received[0].json() == {"name": "ICP", "conditions": conditions, "publish": True}
    assert (rule.id, rule.status) == ("sr_new", "published")
    assert [finding.code for finding in client.rules.lint("sr_new")] == ["unreachable_tier"]


def test_the_answer_of_an_earlier_request_can_be_read(api: WinnowServer, client: Winnow) -> None:
    api.answers["0190-req"] = (200, {"score": 55})

    answer = client.requests.get("0190-req")

    assert (answer.status, answer.body) == (200, {"score": 55})


def test_an_account_is_opened_without_a_key(api: WinnowServer) -> None:
    with Winnow(url=api.url) as client:
        account = client.accounts.create("ada@example.com", password="secret enough")

    assert account.api_key == KEY
    assert "Authorization" not in api.received[0].headers


def test_a_call_that_needs_a_key_says_where_one_may_stand(api: WinnowServer) -> None:
    with Winnow(url=api.url) as client, pytest.raises(ConfigurationError, match="winnow login"):
        client.score("acme.com")

    assert api.received == []


@pytest.mark.parametrize("show", [repr, str])
def test_secrets_are_not_shown(api: WinnowServer, client: Winnow, show: Callable[[object], str]) -> None:
    made = client.keys.create("laptop")

    assert KEY not in show(made)
    assert KEY not in show(vars(client))


async def _no_sleep(seconds: float) -> None:
    """The server needs no time."""
