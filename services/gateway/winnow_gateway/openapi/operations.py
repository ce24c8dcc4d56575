"""One route as an operation of the document."""

from collections.abc import Iterator
from http import HTTPStatus

from openapi_pydantic import (
    Example,
    Link,
    MediaType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Response,
    Schema,
)
from winnow_common.http import PROBLEM_TYPE

from winnow_gateway.openapi.headers import headers_of
from winnow_gateway.openapi.refusals import example, refusals_of
from winnow_gateway.openapi.schemas import PROBLEM, Schemas, reference
from winnow_gateway.routes.route import Answer, Route

SECURITY = "key"


class SharedResponses:
    """Refusals that several operations have in common, kept once among the document's components."""

    def __init__(self) -> None:
        self.components: dict[str, Response] = {}
        self._names: dict[str, str] = {}

    def reference(self, status: int, response: Response) -> Reference:
        """A reference to the response, under the name of its status and, from the second of a status on, a number."""
        text = response.model_dump_json(by_alias=True, exclude_unset=True)
        if text not in self._names:
            name = "".join(word.capitalize() for word in HTTPStatus(status).phrase.split())
            others = sum(known.rstrip("0123456789") == name for known in self.components)
            self._names[text] = f"{name}{others + 1}" if others else name
            self.components[self._names[text]] = response
        return reference("responses", self._names[text])


def operation(route: Route, schemas: Schemas, shared: SharedResponses) -> Operation:
    """The description of a route."""
    described = Operation(
        operationId=route.name,
        tags=[route.tag],
        summary=route.summary,
        parameters=list(_parameters(route, schemas)),
        responses={
            **{str(status): _answer(route, status, answer, schemas) for status, answer in route.answers.items()},
            **{str(status): shared.reference(status, _refusal(route, status)) for status in refusals_of(route)},
        },
        security=[{SECURITY: [] if route.scope is None else [route.scope.value]}] if route.authenticated else [],
    )
    if route.description:
        described.description = route.description
    if route.body is not None or route.streamed:
        described.requestBody = _body(route, schemas)
    return described


def _parameters(route: Route, schemas: Schemas) -> Iterator[Parameter | Reference]:
    for model, place in ((route.path_model, "path"), (route.query, "query")):
        for name, required, schema in () if model is None else schemas.parameters(model):
            described = Parameter.model_validate({"name": name, "in": place, "schema": schema})
            if required:
                described.required = True
            if schema.description:
                described.description, schema.description = schema.description, None
            yield described
    if route.takes_idempotency_key:
        yield reference("parameters", "IdempotencyKey")


def _body(route: Route, schemas: Schemas) -> RequestBody:
    if route.body is None:
        content = {
            media_type: _media(
                Schema.model_validate(route.body_schemas.get(media_type, {})), route.body_examples.get(media_type)
            )
            for media_type in route.body_media_types
        }
        return RequestBody(content=content, required=True)
    examples = {name: Example(value=value) for name, value in route.body_examples.items()}
    content = {"application/json": MediaType(media_type_schema=schemas.of(route.body), examples=examples)}
    return RequestBody(content=content, required=route.body_required)


def _answer(route: Route, status: int, answer: Answer, schemas: Schemas) -> Response:
    response = Response(description=answer.description, headers=headers_of(route, status=status, answer=answer))
    if answer.model is not None:
        response.content = {
            media_type: _media(schemas.of(answer.model), answer.example) for media_type in answer.media_types
        }
    if route.links and status < HTTPStatus.MULTIPLE_CHOICES:
        response.links = {name: Link(operationId=name, parameters=dict(given)) for name, given in route.links.items()}
    return response


def _media(schema: Schema | Reference, value: object) -> MediaType:
    if value is None:
        return MediaType(media_type_schema=schema)
    return MediaType(media_type_schema=schema, example=value)


def _refusal(route: Route, status: int) -> Response:
    refusals = refusals_of(route)[status]
    return Response(
        description=" · ".join(refusal.detail for refusal in refusals),
        headers=headers_of(route, status=status),
        content={
            PROBLEM_TYPE: MediaType(
                media_type_schema=PROBLEM,
                examples={refusal.code: Example(value=example(refusal)) for refusal in refusals},
            )
        },
    )
