"""Similarity: how much companies look like the tenant's customers."""

import orjson
from winnow_contracts import similarity
from winnow_contracts.similarity import CompaniesToScore, CompanyIdentifiers, ScoreCompanies, ScoreCompany

from winnow_gateway.identifiers import identifiers, kept_under, named
from winnow_gateway.routes.route import Answer, Route, to_scoring
from winnow_gateway.routes.similarity_examples import EXAMPLE_MODEL, EXAMPLE_SIMILARITY, EXAMPLE_UNKNOWN
from winnow_gateway.scopes import Scope

_IDENTIFIERS = (
    "Send what you have: a domain is the most exact, then an e-mail address, a company's page on LinkedIn and its "
    "name; where several are usable the most exact counts. Of an e-mail address only the domain is read, and neither "
    "it nor a person's page is kept or logged. "
)


def _scored(body: bytes) -> int:
    answers = orjson.loads(body)
    return sum(answer["score"] is not None for answer in (answers if isinstance(answers, list) else [answers]))


def _subject(message: ScoreCompany) -> str:
    found = named(message.company)
    return "" if found is None else found.domain


ROUTES = (
    Route(
        method="POST",
        path="/v1/score",
        name="scoreCompany",
        tag="Similarity",
        summary="Score a company by its likeness to your customers",
        description=_IDENTIFIERS + "What is not known makes the answer less sure, never an error: where nothing is, "
        "`score` is null, with the `reason`, and costs nothing. Neither does a repetition within five minutes.",
        answers={
            200: Answer(
                "The score with its whole explanation: the contributions in `breakdown` add up to it.",
                similarity.SimilarityAnswer,
                EXAMPLE_SIMILARITY,
                headers=("Cache-Status", "Age"),
            )
        },
        scope=Scope.SCORE,
        records=1,
        recalls=lambda inputs: kept_under(inputs.body),
        body=CompanyIdentifiers,
        body_examples={
            "default": {"domain": "newstartup.com"},
            "an e-mail address and a name": {"email": "ada@newstartup.com", "company_name": "New Startup Inc."},
        },
        sends=to_scoring(
            type=similarity.SCORE,
            message=lambda inputs: ScoreCompany(company=identifiers(inputs.body)),
            subject=_subject,
            scored=_scored,
        ),
        links={"getScore": {"id": "$response.body#/score_id"}, "getRequest": {"id": "$response.body#/request_id"}},
    ),
    Route(
        method="POST",
        path="/v1/score/batch",
        name="scoreCompanies",
        tag="Similarity",
        summary="Score up to 100 companies by their likeness to your customers",
        description=_IDENTIFIERS
        + "Answers one entry for each item, in their order. The month must have room for all of "
        "them; those without a score, and repetitions within five minutes, cost nothing.",
        answers={
            200: Answer(
                "The answer for each item.", similarity.SimilarityBatchAnswer, [EXAMPLE_SIMILARITY, EXAMPLE_UNKNOWN]
            )
        },
        scope=Scope.SCORE,
        records=1,
        times=lambda inputs: len(inputs.body.items),
        body=CompaniesToScore,
        body_examples={
            "default": {
                "items": [{"domain": "newstartup.com"}, {"linkedin_url": "https://www.linkedin.com/in/ada-lovelace"}]
            }
        },
        sends=to_scoring(
            type=similarity.SCORE_BATCH,
            message=lambda inputs: ScoreCompanies(companies=[identifiers(item) for item in inputs.body.items]),
            scored=_scored,
        ),
    ),
    Route(
        method="GET",
        path="/v1/similarity",
        name="getSimilarity",
        tag="Similarity",
        summary="See what likeness is measured by",
        description="The factors with their weights, fitted to your customers; the companies that a percentile is a "
        "rank among; and how well customers are told from those. A new version is built when customers or what is "
        "known of them changes.",
        answers={200: Answer("The model.", similarity.SimilarityStatus, EXAMPLE_MODEL)},
        scope=Scope.SCORES_READ,
        sends=to_scoring(type=similarity.GET, message=lambda _: similarity.GetSimilarity()),
    ),
)
