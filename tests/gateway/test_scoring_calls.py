"""A call with a key travels over the log and back."""

from .conftest import Api, House


async def test_a_score_travels_over_the_log_and_back(house: House, api: Api) -> None:
    answer = await api.post("/v1/scoring", {"domain": "newstartup.com", "rule_id": "sr_abc123"})

    assert answer.status == 200, answer.body
    assert answer.json()["given"] == {"domain": "newstartup.com", "rule_id": "sr_abc123"}
