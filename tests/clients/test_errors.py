"""What the client raises for what the server says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from winnow import (
    APIError,
    AuthenticationFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    RateLimited,
    Retries,
    ServerFailed,
    TimedOut,
    Unavailable,
    UnexpectedAnswer,
    UnusableArgument,
    Winnow,
)
from winnow.calls import command
from winnow.errors import ConfigurationError
from winnow.uploads import FileBody

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import WinnowServer

KEY = "wk_test_0123456789"


@pytest.fixture
def impatient(api: WinnowServer) -> Winnow:
    """A client that tries everything once."""
    return Winnow(url=api.url, api_key=KEY, retries=Retries(attempts=1))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (401, AuthenticationFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (409, Conflict),
        (413, PayloadTooLarge),
        (418, APIError),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, ServerFailed),
        (502, Unavailable),
        (503, Unavailable),
        (504, TimedOut),
    ],
)
def test_each_status_has_its_exception(
    api: WinnowServer, impatient: Winnow, failing: type, *, status: int, kind: type[APIError]
) -> None:
    api.fail(failing(status=status, code="a_code"))

    with impatient, pytest.raises(APIError) as raised:
        impatient.score("acme.com")

    assert type(raised.value) is kind
    assert (raised.value.status, raised.value.code) == (status, "a_code")
    assert (raised.value.detail, raised.value.request_id) == ("Not now", "0190-req")


def test_faults_of_the_input_are_named_with_their_places(client: Winnow) -> None:
    with pytest.raises(InvalidRequest) as raised:
        client.rules.create({"name": "empty"})

    assert [str(fault) for fault in raised.value.errors] == ["/conditions: at least one condition"]


def test_a_wrong_key_is_refused_and_not_repeated_in_the_error(api: WinnowServer) -> None:
    with Winnow(url=api.url, api_key="wk_live_wrong") as client, pytest.raises(AuthenticationFailed) as raised:
        client.score("acme.com")

    assert raised.value.detail == "Invalid API key"
    assert "wk_live_wrong" not in repr(raised.value) + repr(vars(raised.value))


@pytest.mark.parametrize("status", [200, 301, 404])
def test_something_that_is_not_winnow_is_recognised(
    api: WinnowServer, impatient: Winnow, failing: type, status: int
) -> None:
    page = {"Content-Type": "text/html", "Location": "/elsewhere"}
    api.fail(failing(status=status, headers=page, body=b"<html>hello</html>"))

    with impatient, pytest.raises(UnexpectedAnswer, match=f"answered {status} with text/html"):
        impatient.score("acme.com")


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"[]", b'{"errors": 3}', b"\xff"])
def test_a_proxy_that_answers_without_a_problem_is_still_understood(
    api: WinnowServer, impatient: Winnow, failing: type, body: bytes
) -> None:
    api.fail(failing(status=502, body=body))

    with impatient, pytest.raises(Unavailable) as raised:
        impatient.score("acme.com")

    assert raised.value.request_id is None


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://example.com", "//example.com", "http://", "http://a:b"])
def test_an_address_without_a_scheme_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not the address of a server"):
        Winnow(url=url, api_key=KEY)


@pytest.mark.parametrize("key", ["wk_live_\nsecret", "wk_live_sécret", "wk_live secret"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Winnow(url="http://127.0.0.1:1", api_key=key)

    assert key not in str(raised.value)


def test_a_key_may_end_in_a_line_break_as_files_do(api: WinnowServer) -> None:
    with Winnow(url=api.url, api_key=KEY + "\n") as client:
        assert list(client.rules.list()) == []


@pytest.mark.parametrize("key", ["", "line\nbreak", "é", '"quoted"', "a b", "x" * 256])
def test_an_idempotency_key_that_no_server_takes_is_refused(api: WinnowServer, client: Winnow, key: str) -> None:
    with pytest.raises(UnusableArgument, match="idempotency key"):
        client.score("acme.com", idempotency_key=key)

    assert api.received == []


def test_a_file_that_shrinks_while_it_is_sent_is_not_tried_again(
    client: Winnow, slept: list[float], tmp_path: Path
) -> None:
    path = tmp_path / "companies.csv"
    path.write_text("domain\n")
    longer = FileBody(path=path, size=100, content_type="text/csv")
    request = command("POST", "/v1/companies/import", file=longer)

    with pytest.raises(UnusableArgument, match="became shorter"):
        client.driver.run(client.driver.perform(request))

    assert slept == []


def test_an_answer_of_another_shape_is_told_by_its_places_alone(
    api: WinnowServer, impatient: Winnow, failing: type
) -> None:
    json = {"Content-Type": "application/json"}
    api.fail(failing(status=200, headers=json, body=b'{"domain": "acme.com", "score": "secret"}'))

    with impatient, pytest.raises(UnexpectedAnswer, match="rule_id") as raised:
        impatient.score("acme.com")

    assert "secret" not in str(raised.value)
