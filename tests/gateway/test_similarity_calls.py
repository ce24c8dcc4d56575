"""Similarity over HTTP: identifiers are read before anything is published, and answers are passed on."""

from typing import Any

import pytest
from winnow_common.outcome import Outcome, Request
from winnow_contracts.similarity import SimilarityAnswer
from winnow_gateway.routes.scoring import SCORE_ID
from winnow_gateway.routes.similarity_examples import EXAMPLE_SIMILARITY, EXAMPLE_UNKNOWN

from .conftest import Api, House


async def sent_for(house: House, api: Api, body: Any) -> Request[Any]:
    answer = await api.post("/v1/score", body)
    assert answer.status == 200, answer.body
    return house.scoring.requests("similarity.score")[-1]


async def test_a_company_is_scored_by_whatever_is_known_of_it(house: House, api: Api) -> None:
    body = {"email": "jane@acme.com", "linkedin_url": "https://www.linkedin.com/company/Acme", "company_name": "Acme"}

    request = await sent_for(house, api, body)

    given = request.data.company.model_dump(exclude_unset=True)
    assert given == {"email_domain": "acme.com", "linkedin_company": "acme", "company_name": "Acme"}


async def test_requests_about_one_company_are_ordered_by_its_domain(house: House, api: Api) -> None:
    bodies = [{"domain": "https://shop.Acme.com/x"}, {"email": "jane@acme.com"}, {"company_name": "Acme"}]

    assert [(await sent_for(house, api, body)).subject for body in bodies] == ["acme.com", "acme.com", None]


async def test_what_is_of_no_use_is_named(house: House, api: Api) -> None:
    request = await sent_for(house, api, {"linkedin_url": "https://www.linkedin.com/in/jane", "company_name": " "})

    unusable = {(each.identifier, each.reason) for each in request.data.company.unusable}
    assert unusable == {("linkedin_url", "personal_page"), ("company_name", "blank")}


async def test_an_answer_is_passed_on_as_it_is(house: House, api: Api) -> None:
    async def behaviour(_: Request[Any]) -> Outcome:
        return Outcome.json(EXAMPLE_UNKNOWN, status=200)

    house.scoring.on("similarity.score", behaviour)

    answer = await api.post("/v1/score", {"company_name": "Acme"})

    assert (answer.status, answer.json()) == (200, EXAMPLE_UNKNOWN)


async def test_a_body_without_any_identifier_says_what_to_give(house: House, api: Api) -> None:
    answer = await api.post("/v1/score", {})

    problem = answer.json()
    assert (answer.status, problem["code"]) == (422, "invalid_request")
    assert [error["detail"] for error in problem["errors"]] == ["give a domain, email, linkedin_url or company_name"]
    assert house.scoring.seen == []


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"domain": 7}, ["/domain"]),
        ({"domain": ["acme.com"], "email": True}, ["/domain", "/email"]),
        ({"domain": None}, [""]),
        ({"website": "acme.com"}, ["/website"]),
        ({"company_name": "x" * 2049}, ["/company_name"]),
        ([], [""]),
        ("acme.com", [""]),
    ],
)
async def test_what_is_no_text_is_refused_where_it_stands(api: Api, body: Any, pointers: list[str]) -> None:
    answer = await api.post("/v1/score", body)

    assert (answer.status, [error["pointer"] for error in answer.json()["errors"]]) == (422, pointers)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "@", "://", "%", "a" * 2048, "xn--", "[::1]", "☃", "a..b", "-.-"])
async def test_no_text_is_an_error(house: House, api: Api, text: str) -> None:
    body = {"domain": text, "email": text, "linkedin_url": text, "company_name": text}

    await sent_for(house, api, body)


async def test_a_batch_is_read_item_by_item(house: House, api: Api) -> None:
    items = [{"domain": "acme.com"}, {"email": "jane@acme.com"}, {"linkedin_url": "linkedin.com/in/jane"}]

    await api.post("/v1/score/batch", {"items": items})

    (request,) = house.scoring.requests("similarity.score_batch")
    companies = [company.model_dump(exclude_unset=True) for company in request.data.companies]
    assert companies == [
        {"domain": "acme.com"},
        {"email_domain": "acme.com"},
        {"unusable": [{"identifier": "linkedin_url", "reason": "personal_page"}]},
    ]


@pytest.mark.parametrize(
    ("items", "pointer"),
    [([], "/items"), ([{"domain": "a.com"}] * 101, "/items"), ([{"domain": "a.com"}, {}], "/items/1")],
)
async def test_a_batch_of_the_wrong_size_or_shape_is_refused(api: Api, items: Any, pointer: str) -> None:
    answer = await api.post("/v1/score/batch", {"items": items})

    assert (answer.status, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])


async def test_a_score_is_verified_by_post_too(house: House, api: Api) -> None:
    answers = [await api.call(method, f"/v1/scores/{SCORE_ID}/verify") for method in ("GET", "POST")]

    assert {answer.status for answer in answers} == {200}
    assert [request.data.id for request in house.scoring.requests("scores.verify")] == [SCORE_ID, SCORE_ID]


async def test_a_counterfactual_is_asked_for_by_the_scores_id(house: House, api: Api) -> None:
    await api.get(f"/v1/scores/{SCORE_ID}/counterfactual")

    (request,) = house.scoring.requests("scores.counterfactual")
    assert request.data.id == SCORE_ID


@pytest.mark.parametrize("path", ["", "/verify", "/counterfactual"])
async def test_what_is_no_scores_id_is_not_published(house: House, api: Api, path: str) -> None:
    answer = await api.get(f"/v1/scores/ada@acme.com{path}")

    assert (answer.status, answer.json()["code"]) == (404, "score_not_found")
    assert house.scoring.seen == []


def test_the_example_answers_are_answers_and_add_up() -> None:
    whole = [SimilarityAnswer.model_validate(example) for example in (EXAMPLE_SIMILARITY, EXAMPLE_UNKNOWN)]

    scored = whole[0]
    assert scored.score is not None
    assert sum(line.contribution for line in scored.breakdown) == pytest.approx(scored.score)
    assert sum(line.weight for line in scored.breakdown) == pytest.approx(1)
    assert [line.factor for line in scored.breakdown if line.missing] == scored.missing
