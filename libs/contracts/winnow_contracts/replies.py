"""Answers on their way back to the gateway, and the question for one that came too late."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from winnow_contracts.topic import Kind, MessageType


class GetRequest(BaseModel):
    """The stored answer of an earlier request of the same tenant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID


class Answer(RootModel[JsonValue]):
    """The body of an HTTP answer, passed on as it is; its status is in the envelope.

    No body at all is an answer too (204).
    """


class ProblemError(BaseModel):
    """One thing that is wrong with an input."""

    detail: str
    pointer: Annotated[str, Field(description="A JSON pointer into the body, or `?name` of a query parameter.")]
    code: str | None = None


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457): `code` is stable, `detail` says what is wrong and what to do."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    errors: list[ProblemError] | None = None

    __pydantic_extra__: dict[str, Any] = Field(init=False)


GET_REQUEST = MessageType("requests.get", GetRequest, Kind.READ)
REPLY = MessageType("reply", Answer, Kind.REPLY)
