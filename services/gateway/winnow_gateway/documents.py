"""The documents that the gateway serves about itself, rendered once when it starts."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes, their type, and a tag by which a caller knows that it has them already."""

    body: bytes
    content_type: str
    tag: str
    encoding: str | None = None
    """gzip where the bytes are compressed."""

    @classmethod
    def of(cls, body: bytes, content_type: str, *, encoding: str | None = None) -> "Document":
        """A document with the tag of its content."""
        return cls(body, content_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"', encoding)

    def plain(self) -> bytes:
        """The bytes, not compressed."""
        return self.body if self.encoding is None else gzip.decompress(self.body)


@dataclass(frozen=True, slots=True)
class Documents:
    """By the last part of their path."""

    openapi: Document
    page: Document
    assets: Mapping[str, Document]
