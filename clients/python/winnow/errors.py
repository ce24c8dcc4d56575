"""What can go wrong, as one tree of exceptions under `WinnowError`.

An error that the API described (RFC 9457 problem+json) is an `APIError`, of the subclass that its
status names. None of them ever holds the API key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class WinnowError(Exception):
    """Anything that this package raises on purpose."""


class ConfigurationError(WinnowError):
    """No usable address or key was given; the message says where one may stand."""


class UnusableArgument(WinnowError, ValueError):
    """An argument that cannot be sent to any server."""


class Unreachable(WinnowError):
    """No answer arrived: the connection failed, broke or timed out."""


class ImportFailed(WinnowError):
    """An import ended without being completed."""


class BatchFailed(WinnowError):
    """A batch ended because its file could not be processed; `code` is stable, `detail` says what to do."""

    def __init__(self, batch_id: str, *, code: str, detail: str) -> None:
        super().__init__(f"Batch {batch_id} failed: {detail}")
        self.batch_id = batch_id
        self.code = code
        self.detail = detail


class ModelNotReady(WinnowError):
    """The model of similarity did not become what was waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of the input: a sentence, and the JSON pointer of the place."""

    detail: str
    pointer: str | None = None

    def __str__(self) -> str:
        return f"{self.pointer}: {self.detail}" if self.pointer else self.detail


class APIError(WinnowError):
    """The API refused or failed a request.

    `code` is stable and meant for programs, `detail` is for people, `request_id` is what support
    asks for, `errors` names the faults of the input, `retry_after` is in seconds.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        code: str,
        request_id: str | None = None,
        errors: tuple[Fault, ...] = (),
        retry_after: float | None = None,
        violated_policies: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code
        self.request_id = request_id
        self.errors = errors
        self.retry_after = retry_after
        self.violated_policies = violated_policies

    def __str__(self) -> str:
        return f"{self.detail} ({self.status} {self.code})"


class InvalidRequest(APIError):
    """400 or 422: the input cannot be used; `errors` says where."""


class AuthenticationFailed(APIError):
    """401: no, a wrong or a revoked key."""


class PermissionDenied(APIError):
    """403: the key lacks a scope, or the account may not do this."""


class NotFound(APIError):
    """404: no such thing, or it belongs to somebody else."""


class Conflict(APIError):
    """409: it exists already, or another call got there first."""


class PayloadTooLarge(APIError):
    """413: more than one request may carry."""


class RateLimited(APIError):
    """429: over a limit of the plan; `retry_after` says for how long."""


class ServerFailed(APIError):
    """500 and above: not the caller's fault."""


class Unavailable(ServerFailed):
    """502 or 503: try again later."""


class TimedOut(ServerFailed):
    """504: no answer in time. The work may still finish: `requests.get(request_id)` tells."""


class UnexpectedAnswer(APIError):
    """The answer is not one of Winnow's: most likely the address is that of something else."""

    @classmethod
    def of(cls, *, status: int, headers: Mapping[str, str]) -> UnexpectedAnswer:
        kind = headers.get("content-type", "no content type").split(";")[0]
        detail = f"This does not look like a Winnow server: it answered {status} with {kind}. Check the URL."
        return cls(detail, status=status, code="unexpected_answer")


_BY_STATUS: Mapping[int, type[APIError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    413: PayloadTooLarge,
    422: InvalidRequest,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: TimedOut,
}


def error_from_answer(*, status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The exception for an answer of 400 or above.

    Proxies on the way answer 502 and the like with HTML, so a body without a problem is no fault.
    """
    problem = _problem(body)
    if problem is None and status < 500 and status != 429:
        return UnexpectedAnswer.of(status=status, headers=headers)
    problem = problem or {}
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else APIError)
    title = str(problem.get("title") or f"HTTP status {status}")
    policies = problem.get("violated_policies")
    return kind(
        str(problem.get("detail") or title),
        status=status,
        code=str(problem.get("code") or "unknown"),
        request_id=_text(problem.get("request_id")),
        errors=_faults(problem.get("errors")),
        retry_after=seconds_until_retry(headers.get("retry-after"), now=datetime.now(UTC)),
        violated_policies=tuple(map(str, policies)) if isinstance(policies, list) else (),
    )


def seconds_until_retry(value: str | None, /, *, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, in either form of RFC 9110 (10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment - now).total_seconds())


def _problem(body: bytes) -> dict[str, object] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _faults(errors: object) -> tuple[Fault, ...]:
    if not isinstance(errors, list):
        return ()
    return tuple(
        Fault(detail=str(error.get("detail", "")), pointer=_text(error.get("pointer")))
        for error in errors
        if isinstance(error, dict)
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
