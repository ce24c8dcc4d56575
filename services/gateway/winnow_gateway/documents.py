"""The documents that the gateway serves about itself, rendered once when it starts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes, their type, and a tag by which a caller knows that it has them already."""

    body: bytes
    content_type: str
    tag: str

    @classmethod
    def of(cls, body: bytes, content_type: str) -> "Document":
        """A document with the tag of its content."""
        return cls(body, content_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


@dataclass(frozen=True, slots=True)
class Documents:
    """By the last part of their path."""

    openapi: Document
    page: Document
    assets: Mapping[str, Document]
