"""People send e-mail addresses and long URLs where a domain is asked for: the log gets the host at most."""

import orjson
import pytest
from winnow_common.outcome import Outcome, Request
from winnow_contracts.scores import ScoreDomains
from winnow_gateway.domains import WITHHELD, published

from .conftest import Api, House

MARKER = "jane.doe"


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        ("newstartup.com", "newstartup.com"),
        ("https://newstartup.com/people?of=jane.doe#jane.doe", "newstartup.com"),
        ("https://jane.doe:secret@newstartup.com:8443/", "newstartup.com:8443"),
        ("//jane.doe@newstartup.com", "newstartup.com"),
        ("newstartup.com/jane.doe", "newstartup.com"),
        ("jane.doe@newstartup.com", WITHHELD),
        ("mailto:jane.doe@newstartup.com", WITHHELD),
        ("jane.doe/work@newstartup.com", WITHHELD),
        ("jane.doe?@newstartup.com", WITHHELD),
        ("jane.doe%40newstartup.com", WITHHELD),
        ("jane.doe\uff20newstartup.com", WITHHELD),
        ("https://jane.doe%40newstartup.com/", WITHHELD),
        ("https://newstartup.com/jane.doe%40newstartup.com", "newstartup.com"),
        ("newstartup.com/@jane", "newstartup.com"),
        ("https://newstartup.com/jane.doe@work", "newstartup.com"),
        ("", ""),
        ("  https://newstartup.com ", "newstartup.com "),
    ],
)
def test_what_may_be_published_of_a_text_is_its_host(sent: str, host: str) -> None:
    assert published(sent) == host


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/scoring", {"domain": "jane.doe@newstartup.com"}),
        ("GET", "/v1/companies/jane.doe@newstartup.com", None),
        ("PUT", "/v1/companies/jane.doe@newstartup.com", {"industry": "Technology"}),
        ("DELETE", "/v1/companies/jane.doe@newstartup.com", None),
        ("GET", "/v1/scores?domain=jane.doe@newstartup.com", None),
    ],
)
async def test_an_email_address_is_refused_before_anything_is_published(
    house: House, api: Api, method: str, path: str, body: object
) -> None:
    answer = await api.call(method, path, json=body)

    assert (answer.status, answer.json()["detail"]) == (400, "Invalid domain format")
    assert house.scoring.seen == []
    assert not _on_the_log(house)


async def test_a_url_reaches_the_service_as_its_host(house: House, api: Api) -> None:
    answer = await api.post("/v1/scoring", {"domain": "https://jane.doe@newstartup.com/jane.doe"})

    assert answer.json()["given"] == {"domain": "newstartup.com"}
    assert not _on_the_log(house)


async def test_a_batch_publishes_hosts_and_names_what_has_no_score_as_it_was_sent(house: House, api: Api) -> None:
    async def behaviour(request: Request[ScoreDomains]) -> Outcome:
        refused = {"code": "invalid_domain", "detail": "Invalid domain format"}
        entries = [
            {"domain": text, "score": 85} if text == "newstartup.com" else {"domain": text, "error": refused}
            for text in request.data.domains
        ]
        return Outcome(body=orjson.dumps(entries))

    house.scoring.on("scoring.score_batch", behaviour)
    sent = ["https://newstartup.com/jane.doe", "jane.doe@newstartup.com", "http://nobody.example/?jane.doe", "nothing"]

    answer = await api.post("/v1/scoring/batch", {"domains": sent})

    assert [entry["domain"] for entry in answer.json()] == ["newstartup.com", *sent[1:]]
    assert not _on_the_log(house)


def _on_the_log(house: House) -> bool:
    """Whether anything of the person is in any record."""
    topics = ("scoring.requests.v1", "gateway.replies.v1")
    records = [record for topic in topics for record in house.log.records(topic)]
    whole = b"".join(record.value + (record.key or b"") + repr(record.headers).encode() for record in records)
    return MARKER.encode() in whole
