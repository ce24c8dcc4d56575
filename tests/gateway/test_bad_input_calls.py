"""What bad input gets: a status, a code and a place, and never 500."""

import asyncio
from typing import Any

import pytest

from .conftest import Answer, Api, House

JSON = {"Content-Type": "application/json"}


async def send(api: Api, body: bytes, **headers: str) -> Answer:
    return await api.call("POST", "/v1/scoring", data=body, headers={**JSON, **headers})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "empty_body"),
        (b"{", 400, "invalid_json"),
        (b'{"domain": NaN}', 400, "invalid_json"),
        (b'{"domain": "a.com", "domain": "b.com"}', 400, "duplicate_key"),
        (b'{"domain": "\xff"}', 400, "invalid_encoding"),
        (b'{"domain": "\\u0000"}', 400, "null_character"),
        (b"[" * 100 + b"]" * 100, 400, "nesting_too_deep"),
        (b'{"domain": "' + b"a" * 1024 * 1024 + b'"}', 413, "body_too_large"),
        (b"[]", 422, "invalid_request"),
        (b"null", 422, "invalid_request"),
        (b'{"domain": 7}', 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
    ],
)
async def test_a_body_that_cannot_be_used_is_refused(
    house: House, api: Api, body: bytes, status: int, code: str
) -> None:
    answer = await send(api, body)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["request_id"] == answer.headers["Winnow-Request-Id"]
    assert house.scoring.seen == []


async def test_a_compressed_body_is_refused(api: Api) -> None:
    answer = await send(api, b"\x1f\x8b", **{"Content-Encoding": "gzip"})

    assert (answer.status, answer.json()["code"]) == (400, "content_encoding_not_supported")


async def test_a_body_that_is_not_said_to_be_json_is_refused(api: Api) -> None:
    answer = await api.call("POST", "/v1/scoring", data=b"{}", headers={"Content-Type": "text/plain"})

    assert (answer.status, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"domain": "a.com", "rule": "sr_1"}, "/rule"),
        ({"domain": ["a.com"]}, "/domain"),
        ({"domain": "a.com", "rule_id": 7}, "/rule_id"),
        ({}, "/domain"),
    ],
)
async def test_each_fault_of_a_score_has_its_place(api: Api, body: Any, pointer: str) -> None:
    answer = await api.post("/v1/scoring", body)

    assert answer.status == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_batch_of_more_than_a_hundred_is_refused(house: House, api: Api) -> None:
    answer = await api.post("/v1/scoring/batch", {"domains": ["a.com"] * 101})

    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "/domains")
    assert house.scoring.seen == []


async def test_what_is_not_text_in_a_batch_is_named_by_its_place(api: Api) -> None:
    answer = await api.post("/v1/scoring/batch", {"domains": ["a.com", 7, "b.com", None]})

    assert [error["pointer"] for error in answer.json()["errors"]] == ["/domains/1", "/domains/3"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/v1/companies?limit=0", "?limit"),
        ("/v1/companies?limit=many", "?limit"),
        ("/v1/companies?limit=1&limit=2", "?limit"),
        ("/v1/companies?api_key=wk_live_secret", "?api_key"),
        ("/v1/companies/a.com?verbose=1", "?verbose"),
        ("/v1/companies/export?format=xml", "?format"),
        ("/v1/rules/sr_1?version=0", "?version"),
        ("/v1/keys?limit=1", "?limit"),
    ],
)
async def test_a_query_with_a_fault_names_the_parameter(api: Api, path: str, pointer: str) -> None:
    answer = await api.get(path)

    assert answer.status == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert b"secret" not in answer.body


async def test_a_key_in_query_or_body_is_no_key(api: Api) -> None:
    in_query = await api.get(f"/v1/keys?api_key={api.key}", key=None)
    in_body = await api.post("/v1/scoring", {"domain": "a.com", "api_key": api.key}, key=None)

    assert (in_query.status, in_body.status) == (401, 401)


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer wk_live_" + "0" * 39, "Basic YTpi", "bearer", "Bearer \xff\xfe", "Bearer a b"]
)
async def test_a_wrong_key_gets_the_words_of_the_document(api: Api, header: str) -> None:
    answer = await api.call("POST", "/v1/scoring", key=None, json={}, headers={"Authorization": header})

    assert (answer.status, answer.json()["detail"]) == (401, "Invalid API key")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v2/scoring", "/v1/scoring/", "/v1//keys", "/v1/companies/", "/%ff", "/v1/companies/%ff"]
)
async def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    answer = await api.get(path)

    assert (answer.status, answer.json()["code"]) == (404, "not_found")


async def test_another_method_says_which_ones_there_are(api: Api) -> None:
    answer = await api.call("PATCH", "/v1/rules/sr_1")

    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, PUT")


async def test_head_is_answered_like_get_without_a_body(anonymous: Api) -> None:
    answer = await anonymous.call("HEAD", "/openapi.json")

    assert (answer.status, answer.body) == (200, b"")


async def test_a_path_segment_may_hold_any_character(house: House, api: Api) -> None:
    answer = await api.get("/v1/imports/a%2Fb%3Fc%20%C3%BC")

    assert answer.json()["given"] == {"id": "a/b?c ü"}


async def test_a_large_message_is_refused_and_not_published(house: House, api: Api) -> None:
    rule = {
        "name": "large",
        "conditions": [
            {"attribute": "industry", "operator": "in", "value": ["€" * 1000] * 90, "points": 1} for _ in range(2)
        ],
    }

    answer = await api.put("/v1/rules/sr_1", rule)

    assert answer.status in (413, 422)
    assert house.scoring.seen == []


async def test_a_caller_that_waits_for_leave_to_send_gets_it(api: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api.gateway.port)
    body = b'{"domain":"a.com"}'
    head = (
        f"POST /v1/scoring HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    )

    writer.write(head.encode())
    leave = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.write(body)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert leave == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK")


async def test_a_caller_without_a_key_gets_no_leave_to_send(anonymous: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", anonymous.gateway.port)

    writer.write(
        b"POST /v1/companies/import HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n"
        b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 401")
