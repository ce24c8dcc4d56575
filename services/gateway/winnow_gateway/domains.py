"""What of a text that is to name a company may be published: its host, and nothing of a person.

People send e-mail addresses where a domain is asked for, and URLs with a user, a path or a query. None of that names a
company, and none of it may reach the log. Whether the host is a domain at all is for the service to say.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote

import orjson
from winnow_common.errors import Problem
from winnow_contracts.scores import ListScores, ScoreDomain

WITHHELD: Final = "@"
"""Stands on the log where an e-mail address was sent; it is no domain either."""

_SCHEME = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_END_OF_AUTHORITY = re.compile(r"[/?#\\]")
_ADDRESS = re.compile(r"(?<!/)@|@[^/?#]*\.")
"""Also after a slash or question mark, which an address may hold before its `@`; but for `site.com/@name`."""


def published(text: str) -> str:
    """The host in a URL or domain, as it was written; `WITHHELD` for an e-mail address."""
    scheme = _SCHEME.match(text)
    authority = _END_OF_AUTHORITY.split(text[scheme.end() if scheme else 0 :], maxsplit=1)[0]
    host = authority.rpartition("@")[2] if scheme else authority
    return WITHHELD if _ADDRESS.search(plain(host if scheme else text)) else host


def plain(text: str) -> str:
    """The text as a person reads it: an `@` that was encoded, or is one of another script, is one."""
    if text.isascii() and "%" not in text:
        return text
    return unicodedata.normalize("NFKC", unquote(text))


def domain(text: str) -> str:
    """The host to publish; raises a 400 `Problem` for an e-mail address."""
    host = published(text)
    if host == WITHHELD:
        raise Problem(400, "invalid_domain", "Invalid domain format")
    return host


def in_score(body: ScoreDomain) -> ScoreDomain:
    """A body as it may be published."""
    host = domain(body.domain)
    return body if host == body.domain else body.model_copy(update={"domain": host})


def in_query(query: ListScores) -> ListScores:
    """A query as it may be published."""
    return query if query.domain is None else query.model_copy(update={"domain": domain(query.domain)})


def as_sent(body: bytes, *, sent: Sequence[str]) -> bytes:
    """A batch's answer in which entries without a score name their domain as the caller wrote it."""
    if all(published(text) == text for text in sent):
        return body
    entries: list[dict[str, Any]] = orjson.loads(body)
    for entry, text in zip(entries, sent, strict=True):
        if "error" in entry:
            entry["domain"] = text
    return orjson.dumps(entries)
