"""Lists: how a page of one is asked for, and what it looks like."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

Cursor = Annotated[str, Field(max_length=1024, description="`next_cursor` of the page before; opaque.")]


class PageRequest(BaseModel):
    """Which part of a list is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Cursor | None = None
    limit: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="At most so many; large items make a page shorter, never the list.",
    )


class Page(BaseModel, Generic[Item]):
    """A part of a list; the next part begins at `next_cursor`."""

    data: list[Item]
    has_more: bool
    next_cursor: str | None = None
