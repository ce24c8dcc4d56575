"""HTTP on a real socket: bodies are read strictly, and whatever is refused is a problem document."""

import asyncio
import gzip
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs
from winnow_common import http
from winnow_common.errors import Problem

JSON = {"Content-Type": "application/json"}


async def echo(request: web.BaseRequest) -> web.StreamResponse:
    """Answers with the JSON it was sent."""
    return web.json_response(await http.read_json(request, maximum=1_000))


@dataclass(slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"].startswith("application/problem+json")
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["type"] == f"urn:winnow:problem:{document['code']}"
        assert str(UUID(document["request_id"])) == document["request_id"]
        return document


async def post(port: int, body: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.post(f"http://127.0.0.1:{port}/", data=body, headers=named, skip_auto_headers=["Content-Type"]) as got,
    ):
        return Answer(got.status, {name.lower(): value for name, value in got.headers.items()}, await got.read())


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            yield reader, writer
    finally:
        writer.close()


async def exchange(port: int, raw: bytes) -> Answer:
    """Send bytes and read what comes until the server closes the connection."""
    async with connection(port) as (reader, writer):
        writer.write(raw)
        return answer_in(await reader.read())


def answer_in(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return Answer(int(lines[0].split()[1]), headers, body)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with http.serve(echo, host="127.0.0.1", port=0) as port:
        yield port


class TestBodies:
    @pytest.mark.parametrize(
        "kind", ["application/json", "application/json; charset=utf-8", "application/vnd.x+json", "Application/JSON"]
    )
    async def test_json_is_read(self, port: int, kind: str) -> None:
        answer = await post(port, b'{"domain":"a.com"}', Content_Type=kind)
        assert (answer.status, json.loads(answer.body)) == (200, {"domain": "a.com"})

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "json", ""]
    )
    async def test_what_is_not_said_to_be_json_is_415(self, port: int, kind: str) -> None:
        answer = await post(port, b"{}", Content_Type=kind)
        assert (answer.status, answer.problem["code"]) == (415, "unsupported_media_type")
        assert answer.headers["accept"] == "application/json"

    async def test_a_body_without_a_type_is_415(self, port: int) -> None:
        assert (await post(port, b"{}")).status == 415

    @pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense", "GZIP", "identity, gzip"])
    async def test_a_compressed_body_is_refused_before_it_is_inflated(self, port: int, encoding: str) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        answer = await post(port, bomb, Content_Type="application/json", Content_Encoding=encoding)
        assert (answer.status, answer.problem["code"]) == (400, "content_encoding_not_supported")

    async def test_the_encoding_identity_is_none(self, port: int) -> None:
        answer = await post(port, b"{}", Content_Type="application/json", Content_Encoding="identity")
        assert answer.status == 200

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "empty_body"),
            (b"{", "invalid_json"),
            (b'{"a":1,"a":2}', "duplicate_key"),
            (b'{"a":NaN}', "invalid_json"),
            (b'"\xff"', "invalid_encoding"),
            (b"[" * 65 + b"]" * 65, "nesting_too_deep"),
        ],
    )
    async def test_json_that_is_not_strict_is_400(self, port: int, body: bytes, code: str) -> None:
        answer = await post(port, body, **JSON)
        assert (answer.status, answer.problem["code"]) == (400, code)

    async def test_the_largest_body_is_read_and_one_byte_more_is_413(self, port: int) -> None:
        largest = json.dumps("x" * 998).encode()
        assert (await post(port, largest, **JSON)).status == 200
        answer = await post(port, largest + b" ", **JSON)
        assert (answer.status, answer.problem["code"]) == (413, "body_too_large")

    async def test_a_body_that_is_announced_too_large_is_not_waited_for(self, port: int) -> None:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n"
        async with connection(port) as (reader, writer):
            writer.write(head)
            answer = answer_in(await reader.readuntil(b"\r\n\r\n"))
        assert answer.status == 413

    async def test_a_body_without_a_length_is_cut_off_when_it_is_too_large(self, port: int) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(1_000):
                yield b" " * 1_000

        answer = await post(port, endless(), **JSON)
        assert (answer.status, answer.problem["code"]) == (413, "body_too_large")

    @pytest.mark.parametrize(("size", "status"), [(1_000, 200), (1_001, 413)])
    async def test_a_body_without_a_length_that_is_here_at_once_is_counted_too(
        self, port: int, size: int, status: int
    ) -> None:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        body = json.dumps("x" * (size - 2)).encode()
        chunk = f"{size:x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        answer = await exchange(port, head + b"Connection: close\r\n\r\n" + chunk)
        assert answer.status == status

    async def test_a_body_in_pieces_is_put_together(self, port: int) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b'{"domain":', b'"a.com"', b"}"):
                yield piece

        answer = await post(port, pieces(), **JSON)
        assert json.loads(answer.body) == {"domain": "a.com"}

    async def test_a_body_with_broken_framing_is_400(self, port: int) -> None:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with connection(port) as (reader, writer):
            writer.write(head + b"2\r\n{}\r\n")
            await writer.drain()
            writer.write(b"nonsense\r\n\r\n")
            answer = answer_in(await reader.read())
        assert (answer.status, answer.problem["code"]) in ((400, "broken_body"), (400, "malformed_request"))

    async def test_a_body_that_stops_arriving_is_408(self, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http, "BODY_TIMEOUT", 0.05)
        async with connection(port) as (reader, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n{")
            answer = answer_in(await reader.readuntil(b"}"))
        assert (answer.status, answer.problem["code"]) == (408, "body_timeout")

    async def test_a_caller_that_asks_for_leave_to_send_gets_it_once(self, port: int) -> None:
        head = (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        async with connection(port) as (reader, writer):
            writer.write(head)
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"{}")
            answer = answer_in(await reader.read())
        assert (answer.status, answer.body) == (200, b"{}")

    async def test_what_is_sent_with_leave_can_still_be_refused(self, port: int) -> None:
        head = (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        async with connection(port) as (reader, writer):
            writer.write(head)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"{")
            answer = answer_in(await reader.read())
        assert (answer.status, answer.problem["code"]) == (400, "invalid_json")

    async def test_a_caller_that_asks_for_leave_to_send_too_much_does_not_get_it(self, port: int) -> None:
        head = (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        async with connection(port) as (reader, writer):
            writer.write(head)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413 ")

    async def test_a_caller_that_goes_away_in_its_body_is_no_error_of_ours(
        self, port: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with capture_logs() as lines:
            async with connection(port) as (_, writer):
                head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
                writer.write(head + b"{")
                await writer.drain()
            assert (await post(port, b"{}", **JSON)).status == 200
        assert lines == []
        assert caplog.records == []


class TestRefusals:
    async def test_what_a_handler_refuses_is_answered_as_it_says(self) -> None:
        async def refuse(_: web.BaseRequest) -> web.StreamResponse:
            raise Problem(429, "slow_down", "Later.", extra={"seconds": 3}, headers={"Retry-After": "3"})

        async with http.serve(refuse, host="127.0.0.1", port=0) as port:
            answer = await post(port, b"")
        assert answer.headers["retry-after"] == "3"
        assert (answer.problem["code"], answer.problem["seconds"]) == ("slow_down", 3)

    async def test_a_bug_is_500_and_its_words_stay_in_the_log(self) -> None:
        async def fail(_: web.BaseRequest) -> web.StreamResponse:
            raise KeyError("hunter2")

        with capture_logs() as lines:
            async with http.serve(fail, host="127.0.0.1", port=0) as port:
                answer = await post(port, b"")
        assert (answer.status, answer.problem["code"]) == (500, "internal_error")
        assert b"hunter2" not in answer.body
        assert [line["request_id"] for line in lines] == [answer.problem["request_id"]]

    async def test_a_connection_outlives_a_refusal(self) -> None:
        async def refuse(_: web.BaseRequest) -> web.StreamResponse:
            raise Problem(404, "not_found", "No.")

        async with http.serve(refuse, host="127.0.0.1", port=0) as port, connection(port) as (reader, writer):
            for _ in range(2):
                writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert b" 404 " in await reader.readuntil(b"}")

    @pytest.mark.parametrize(
        "raw",
        [
            b"nonsense\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        ],
    )
    async def test_what_is_no_request_is_400_and_ends_the_connection(self, port: int, raw: bytes) -> None:
        answer = await exchange(port, raw)
        assert (answer.status, answer.problem["code"]) == (400, "malformed_request")

    @pytest.mark.parametrize(
        "raw",
        [
            b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 10_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 200 + b"\r\n",
        ],
    )
    async def test_a_head_that_is_too_large_is_431(self, port: int, raw: bytes) -> None:
        answer = await exchange(port, raw)
        assert (answer.status, answer.problem["code"]) == (431, "headers_too_large")

    async def test_what_a_stranger_sends_is_not_in_the_log(self, port: int, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        with capture_logs() as lines:
            await exchange(port, b"hunter2\r\n\r\n")
        assert "hunter2" not in caplog.text + str(lines)


class TestServing:
    async def test_what_is_in_flight_is_finished_and_nothing_new_is_taken(self) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_: web.BaseRequest) -> web.StreamResponse:
            begun.set()
            await go_on.wait()
            return web.Response(text="done")

        async with connection_to(slow) as (port, close):
            request = asyncio.create_task(post(port, b""))
            await begun.wait()
            closing = asyncio.create_task(close())
            await refused(port)
            go_on.set()
            assert (await request).body == b"done"
            await closing

    async def test_closing_does_not_wait_for_ever(self) -> None:
        begun = asyncio.Event()

        async def stuck(_: web.BaseRequest) -> web.StreamResponse:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        async with asyncio.timeout(10):
            async with http.serve(stuck, host="127.0.0.1", port=0, drain=0.05) as port:
                request = asyncio.create_task(post(port, b""))
                await begun.wait()
        with pytest.raises(aiohttp.ClientError):
            await request

    async def test_a_port_that_another_program_has_is_said(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = http.serve(echo, host="127.0.0.1", port=taken.getsockname()[1])
            with pytest.raises(OSError, match="address already in use"):
                await server.__aenter__()

    async def test_two_servers_share_a_port(self, port: int) -> None:
        async with http.serve(echo, host="127.0.0.1", port=port) as same:
            assert same == port


@asynccontextmanager
async def connection_to(handler: http.Handler) -> AsyncIterator[tuple[int, Callable[[], Coroutine[Any, Any, None]]]]:
    """A server's port, and what closes it."""
    server = http.serve(handler, host="127.0.0.1", port=0)
    port = await server.__aenter__()

    async def close() -> None:
        await server.__aexit__(None, None, None)

    yield port, close


async def refused(port: int) -> None:
    """Return when nobody listens there any more."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.close()
            await asyncio.sleep(0)
