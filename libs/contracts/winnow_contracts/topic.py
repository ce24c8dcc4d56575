"""What a topic is: its name, key, models, owner and consumers as one typed constant."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel


class Kind(StrEnum):
    """How a message is treated by whoever consumes it."""

    COMMAND = "command"
    """Asks for a change; runs once for each request id, and its answer is stored."""
    READ = "read"
    """Asks for something known; leaves no trace and is not worth doing when nobody waits any more."""
    FACT = "fact"
    """Says what happened; in the past tense."""
    REPLY = "reply"
    """Answers a command or a read."""


@dataclass(frozen=True, slots=True)
class MessageType:
    """A type of message and the model of its data."""

    name: str
    model: type[BaseModel]
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of the log. Additive changes keep its version, anything else is a new topic."""

    name: str
    key: str
    """What messages are ordered by, in words."""
    publishers: tuple[str, ...]
    """Services that write it: one for facts, but for usage; several may write requests."""
    consumers: tuple[str, ...]
    """Services that read it, and `subscribers` for anybody outside."""
    messages: tuple[MessageType, ...]
    compacted: bool = False
    retention_ms: int = 7 * 24 * 3600 * 1000
    partitions: int = 12

    def message(self, name: str) -> MessageType | None:
        """The type of that name, or None where this version does not know it."""
        return next((message for message in self.messages if message.name == name), None)
