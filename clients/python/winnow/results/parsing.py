"""From bytes to typed results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError

from winnow.calls import Answer
from winnow.errors import UnexpectedAnswer

T = TypeVar("T")
U = TypeVar("U")


class Result(BaseModel):
    """An object of the API."""

    model_config = ConfigDict(frozen=True, extra="ignore")


R = TypeVar("R", bound=Result)


class StoredAnswer(Result):
    """What an earlier request was answered; `body` is None where there was none."""

    request_id: str
    status: int
    body: JsonValue = None


class Page(Result, Generic[R]):
    """One page of a list."""

    data: Sequence[R]
    has_more: bool = False
    next_cursor: str | None = None


def parse(shape: type[T], answer: Answer, /) -> T:
    """The body of `answer` as a `shape`; `UnexpectedAnswer` where it is none."""
    return _validated(TypeAdapter(shape), answer)


def parse_either(first: type[T], second: type[U], answer: Answer, /) -> T | U:
    """The body of `answer`, which is one of two shapes and says which."""
    return _validated(TypeAdapter(first | second), answer)  # type: ignore[arg-type]


def parse_page(item: type[R], answer: Answer, /) -> Page[R]:
    """The body of `answer`, one page of a list."""
    return _validated(TypeAdapter(Page[item]), answer)  # type: ignore[valid-type]


def parse_linked_page(item: type[R], answer: Answer, /) -> tuple[Sequence[R], Mapping[str, str] | None]:
    """The body of `answer`, a page that is a bare array, and the query of the page that its Link header names next.

    Of the link only the query counts: no answer sends the client, with its key, to another place.
    """
    items = _validated(TypeAdapter(Sequence[item]), answer)  # type: ignore[valid-type,type-abstract]
    links = httpx.Response(answer.status, headers={"Link": answer.headers.get("link", "")}).links
    following = links.get("next", {}).get("url")
    return items, None if following is None else dict(httpx.URL(following).params)


def _validated(adapter: TypeAdapter[T], answer: Answer, /) -> T:
    try:
        return adapter.validate_json(answer.body)
    except ValidationError as error:
        if not answer.headers.get("content-type", "").startswith("application/json"):
            raise UnexpectedAnswer.of(status=answer.status, headers=answer.headers) from None
        raise _misshapen(error, status=answer.status) from None


def _misshapen(error: ValidationError, *, status: int) -> UnexpectedAnswer:
    """Where an answer differs from what this version knows, without repeating what it says."""
    places = [".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors(include_input=False)]
    detail = f"The answer is not as this version of the client expects it ({', '.join(places[:3])}). Update the client."
    return UnexpectedAnswer(detail, status=status, code="unexpected_answer")
