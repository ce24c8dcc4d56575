"""What a route is: everything that the gateway, the documents and the tests need to know about a path and method.

A route either sends a message to a service and passes the reply on, or is answered by a function of the gateway itself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web
from pydantic import BaseModel
from winnow_contracts.topic import MessageType, Topic
from winnow_contracts.topics import PIPELINE_REQUESTS, SCORING_REQUESTS

from winnow_gateway.scopes import Scope
from winnow_gateway.sealing import revealed

if TYPE_CHECKING:
    from winnow_gateway.call import Call
    from winnow_gateway.identifiers import Named
    from winnow_gateway.services import Services

LARGEST_BODY = 1024 * 1024

Recalls = Callable[["Inputs"], "Named | None"]
"""Of what a caller sent: what an answer that is known already would be kept under."""

Reveal = Callable[..., Awaitable[bytes]]
"""`winnow_gateway.sealing.revealed`."""

Local = Callable[["Services", "Call"], Awaitable[web.StreamResponse]]
"""A function of the gateway that answers a call."""


class Inputs(NamedTuple):
    """What a caller sent, parsed by the route's models; a part that the route has no model for is None."""

    path: Any = None
    query: Any = None
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sends:
    """The message that a route sends, and how its reply becomes an answer."""

    topic: Topic
    type: MessageType
    message: Callable[[Inputs], BaseModel]
    subject: Callable[[Any], str] = lambda _: ""
    """Of a message: what it is ordered by within the tenant; empty where that is the tenant alone."""
    wait: float = 10.0
    """Seconds until the caller gets 504."""
    location: str | None = None
    """Location of an answer 201 or 202, with `{fields}` of its body."""
    scored: Callable[[bytes], int] | None = None
    """How many scores the body of a success shows, where it may be fewer than were asked for."""
    restore: Callable[[bytes, Inputs], bytes] | None = None
    """Puts back into the body of a success what the caller sent and the log may not hold."""
    reveal: Reveal | None = None
    """Opens what is sealed in the body of a success."""
    personal: bool = False
    """What `message` gives is of a person: it goes as a sealed object, and what the log holds is a `SealedBody`."""


to_scoring = partial(Sends, topic=SCORING_REQUESTS)
"""A message to the scoring service."""

to_pipeline = partial(Sends, topic=PIPELINE_REQUESTS, reveal=revealed)
"""A message to the pipeline, in whose replies things are sealed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of success: `model` is the type of its body, None for an empty one."""

    description: str
    model: Any = None
    example: Any = None
    headers: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer 4xx or 5xx of this route, beside those that every route has."""

    status: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the table."""

    method: str
    path: str
    name: str
    """The operation's id."""
    tag: str
    summary: str
    description: str = ""
    answers: Mapping[int, Answer]
    refusals: Sequence[Refusal] = ()
    authenticated: bool = True
    scope: Scope | None = None
    records: int = 0
    """Scored records that a success costs, at most."""
    recalls: Recalls | None = None
    """Where the answer may be known already, in Redis."""
    times: Callable[[Inputs], int] | None = None
    """How often it costs them, where that depends on what was sent."""
    path_model: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_examples: Mapping[str, Any] = field(default_factory=dict)
    body_required: bool = True
    body_media_types: tuple[str, ...] = ("application/json",)
    body_schemas: Mapping[str, Any] = field(default_factory=dict)
    """Of a streamed body, by media type; any bytes where there is none."""
    streamed: bool = False
    """The body is not JSON of `LARGEST_BODY`: the route's function reads it."""
    sends: Sends | None = None
    local: Local | None = None
    local_asks: bool = False
    """Whether the route's function asks a service over the log."""
    idempotent: bool = True
    """Whether Idempotency-Key is honoured; never on GET."""
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Operations that can follow: name to parameters, as OpenAPI's runtime expressions."""
    hidden: bool = False
    """Not in the documents."""

    @property
    def takes_idempotency_key(self) -> bool:
        """Whether a repetition of the call is answered from what the first one stored."""
        return self.idempotent and self.method != "GET"

    @property
    def asks(self) -> bool:
        """Whether the answer comes from a service, over the log."""
        return self.sends is not None or self.local_asks

    def records_of(self, inputs: Inputs) -> int:
        """Scored records that a success of these inputs costs, at most."""
        return self.records if self.times is None else self.records * self.times(inputs)

    @property
    def costs(self) -> bool:
        """Whether an answer may cost credits."""
        return self.records > 0
