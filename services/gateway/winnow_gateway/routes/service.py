"""The API about itself: answers that came too late, the OpenAPI document and the reference page."""

from typing import Any

from winnow_gateway.handlers import documents
from winnow_gateway.handlers.stored_answers import RequestPath, StoredAnswer, get_request
from winnow_gateway.routes.route import Answer, Refusal, Route
from winnow_gateway.routes.scoring import EXAMPLE_SCORE, REQUEST_ID

ROUTES = (
    Route(
        method="GET",
        path="/v1/requests/{id}",
        name="getRequest",
        tag="Requests",
        summary="Get the answer of an earlier request",
        description="What the caller would have got, for 24 hours. Reads leave no answer, and neither does 429 or 5xx.",
        answers={
            200: Answer(
                "The answer: its status and its body.",
                StoredAnswer,
                {"request_id": REQUEST_ID, "status": 200, "body": EXAMPLE_SCORE},
            )
        },
        refusals=(Refusal(404, "request_not_found", "There is no answer of this request."),),
        path_model=RequestPath,
        local=get_request,
        local_asks=True,
    ),
    Route(
        method="GET",
        path="/openapi.json",
        name="getOpenApi",
        tag="Documents",
        summary="Get this document",
        answers={200: Answer("The OpenAPI document.", dict[str, Any])},
        authenticated=False,
        local=documents.get_openapi,
        hidden=True,
    ),
    Route(
        method="GET",
        path="/docs",
        name="getDocs",
        tag="Documents",
        summary="Read the reference",
        answers={200: Answer("The page.", str, media_types=("text/html",))},
        authenticated=False,
        local=documents.get_page,
        hidden=True,
    ),
    Route(
        method="GET",
        path="/docs/{name}",
        name="getDocsFile",
        tag="Documents",
        summary="Get a file of the reference page",
        answers={200: Answer("The file.", str)},
        authenticated=False,
        path_model=documents.AssetPath,
        local=documents.get_asset,
        hidden=True,
    ),
)
