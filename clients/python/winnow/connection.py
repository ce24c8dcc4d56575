"""Where Winnow is and with which key: arguments first, then the environment, then the file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TypedDict

import httpx

from winnow.calls import Request
from winnow.configuration import Configuration
from winnow.errors import ConfigurationError

URL_VARIABLE = "WINNOW_URL"
KEY_VARIABLE = "WINNOW_API_KEY"


_KEY = re.compile(r"[!-~]+")
"""Visible ASCII; bearer tokens hold fewer characters still (RFC 6750, 2.1)."""


class RequestArguments(TypedDict):
    """What `httpx.Client.build_request` needs of a request, beside its content."""

    method: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]
    json: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A server's address and the key for it; the key is kept out of `repr`, errors and logs."""

    url: str
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _is_address(self.url):
            raise ConfigurationError(
                f"{self.url!r} is not the address of a server, such as https://winnow.example or http://127.0.0.1:8080."
            )
        # What no header can carry must not reach the HTTP library, whose error would repeat the key.
        if self.api_key is not None and not _KEY.fullmatch(self.api_key):
            raise ConfigurationError("The API key has characters that no key has; copy it once more.")

    def arguments(self, request: Request) -> RequestArguments:
        """`request` as httpx wants it. Raises `ConfigurationError` where it needs a key."""
        headers = {"Accept": "application/json", "User-Agent": f"winnow-python/{client_version()}", **request.headers}
        if request.authenticated:
            headers["Authorization"] = f"Bearer {self._key()}"
        if request.file is not None:
            headers["Content-Type"] = request.file.content_type
            headers["Content-Length"] = str(request.file.size)
        return RequestArguments(
            method=request.method,
            url=self.url.rstrip("/") + request.path,
            params=dict(request.query),
            headers=headers,
            json=request.json,
        )

    def _key(self) -> str:
        if self.api_key is None:
            raise ConfigurationError(f"No API key: run `winnow login`, set {KEY_VARIABLE}, or pass api_key.")
        return self.api_key


def _is_address(url: str) -> bool:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return address.scheme in {"http", "https"} and bool(address.host)


def connect(
    url: str | None,
    api_key: str | None,
    /,
    *,
    configuration: Configuration,
    environment: Mapping[str, str] = os.environ,
) -> Connection:
    """The connection for these arguments.

    The key of the file belongs to the address of the file, so it is never sent to another one.
    """
    address = url or environment.get(URL_VARIABLE) or configuration.url
    if not address:
        raise ConfigurationError(f"No server is known: run `winnow login --url …`, set {URL_VARIABLE}, or pass url.")
    key = (api_key or environment.get(KEY_VARIABLE) or "").strip() or None
    if key is None and configuration.url == address.rstrip("/"):
        key = configuration.api_key
    return Connection(url=address.rstrip("/"), api_key=key)


def client_version() -> str:
    """The version of this package; unknown where it runs without being installed."""
    try:
        return version("winnow-client")
    except PackageNotFoundError:
        return "unknown"
