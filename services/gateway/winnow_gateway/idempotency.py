"""Idempotency-Key: how it is written, and which request id and fingerprint it stands for."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from winnow_common.errors import Problem
from winnow_common.identifiers import request_id
from winnow_contracts.event import Environment

LONGEST = 255
PATTERN = r'^(?:[!#-\[\]-~]{1,255}|"(?:[ !#-\[\]-~]|\\["\\]){1,255}")$'
"""Bare (visible ASCII without quotes and backslashes), or a quoted string (RFC 8941, 3.3.3)."""
_ESCAPED = re.compile(r'\\(["\\])')
_SHAPE = re.compile(PATTERN)


class RequestIdentity(NamedTuple):
    """What a request is known by, today and, where it carries a key, on the day before."""

    id: UUID
    previous_id: UUID | None = None

    @property
    def keyed(self) -> bool:
        """Whether the caller sent an Idempotency-Key."""
        return self.previous_id is not None


def read_key(header: str) -> str:
    """The key in an Idempotency-Key header, bare or quoted; raises a 400 `Problem`."""
    if _SHAPE.match(header) is None or header.endswith("\n"):
        raise Problem(
            400,
            "invalid_idempotency_key",
            f"Idempotency-Key must have 1 to {LONGEST} visible ASCII characters, bare or in double quotes.",
        )
    return _ESCAPED.sub(r"\1", header[1:-1]) if header[0] == '"' else header


def identify(
    header: str, *, tenant: UUID | None, environment: Environment, method: str, path: str, now: datetime
) -> RequestIdentity:
    """The identity that an Idempotency-Key header gives a request on this UTC day; raises a 400 `Problem`."""
    key = read_key(header)
    today = now.astimezone(UTC).date()
    ids = (
        request_id(tenant=tenant, environment=environment, method=method, path=path, idempotency_key=key, day=day)
        for day in (today, today - timedelta(days=1))
    )
    return RequestIdentity(*ids)


def fingerprint(type: str, data: Any) -> str:
    """A hash of what was asked: the type of message and its data, whatever order the caller wrote its members in."""
    canonical = orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hashlib.sha256(type.encode() + b"\0" + canonical).hexdigest()
