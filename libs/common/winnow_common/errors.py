"""Errors are instructions, to the consumer loop (what to do with a message) and to the caller (what to do next)."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson


def origin(error: BaseException) -> str:
    """What went wrong and where in the code, innermost place first.

    The exception's own message is left out, since it may quote what a person sent.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


class TemporaryError(Exception):
    """Something needed is away for now: the message stays where it is and is tried again after `delay` seconds."""

    def __init__(self, reason: str, *, delay: float = 1.0) -> None:
        super().__init__(reason)
        self.delay = delay


class PermanentError(Exception):
    """The message can never be handled: it becomes a dead letter with this reason, and its sender is told."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with an input: where (a JSON pointer, or `?name` of a query parameter), and what."""

    pointer: str
    detail: str
    code: str | None = None


class Problem(Exception):
    """A refusal that the caller can act on, answered as `application/problem+json` (RFC 9457).

    `code` is stable and snake_case; `detail` says what is wrong and what to do; `errors` point at places in the input;
    `extra` are further members of the body, `headers` go beside it. Raised in a command it undoes what that command
    wrote.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[Violation, ...] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def body(self, request_id: UUID | str | None) -> bytes:
        """The problem document as JSON."""
        document: dict[str, Any] = {
            "type": f"urn:winnow:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": None if request_id is None else str(request_id),
        }
        if self.errors:
            document["errors"] = [
                {"pointer": error.pointer, "detail": error.detail} | ({"code": error.code} if error.code else {})
                for error in self.errors
            ]
        return orjson.dumps(document | self.extra)
