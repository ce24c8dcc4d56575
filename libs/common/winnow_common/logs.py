"""Structured logs: one line per event, in colour for people, as JSON for machines; libraries' lines go the same way.

    log = logs.get(__name__)
    log.info("rule published", rule=rule_id, version=3)

What is secret or personal does not belong in a line. As a second net, values under names of secrets, API keys, e-mail
addresses and passwords in URLs are masked, and tracebacks lose messages that quote data (`tracebacks`).
"""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, TextIO

import orjson
import structlog

from winnow_common.settings import LogFormat, LogLevel
from winnow_common.telemetry import current_trace_ids
from winnow_common.tracebacks import format_exception

SECRET_NAMES = frozenset(
    {"api_key", "authorization", "cookie", "email", "master_key", "password", "pepper", "phone", "secret", "token"}
)
MASK: Final = "**********"
_SECRET_SHAPES = re.compile(
    r"wk_(?:live|test)_[0-9A-Za-z]+"  # API keys
    r"|(?<=://)[^/\s@]+(?=@)"  # user and password of a URL
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail addresses
)
_CHATTY = ("aiokafka", "asyncio", "opentelemetry", "urllib3")
_MOST_LINES = 1000
"""Kept in mind, since some lines hold what differs each time."""

EventDict = MutableMapping[str, Any]
Logger = structlog.stdlib.BoundLogger


def get(name: str) -> Logger:
    """The logger of a module; cheap, and made when it is first used."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


def bind(**values: Any) -> None:
    """Put values (request_id, tenant) on every line of the current task from here on."""
    structlog.contextvars.bind_contextvars(**values)


def unbind(*names: str) -> None:
    """Take them off again."""
    structlog.contextvars.unbind_contextvars(*names)


def configure(*, format: LogFormat, level: LogLevel, service: str, instance: str, stream: TextIO | None = None) -> None:
    """Send the lines of structlog and of the standard library's loggers to a stream (stdout) in one format."""
    out = sys.stdout if stream is None else stream
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.ExceptionRenderer(format_exception),
        mask_secrets,
    ]
    rendering = _as_json(service, instance) if format is LogFormat.JSON else _for_people(out)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.addFilter(Seldom())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=rendering))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


class Seldom(logging.Filter):
    """Lets a line of a chatty library through once in ten seconds.

    While a broker is away its client says so some ninety times a second, and what the service itself says is lost.
    """

    def __init__(self, *, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; lines are the same that differ in their arguments alone."""
        if not record.name.startswith(_CHATTY):
            return True
        now, line = self._clock(), (record.name, str(record.msg))
        if now - self._said.get(line, -self._seconds) < self._seconds:
            return False
        if len(self._said) > _MOST_LINES:
            self._said.clear()
        self._said[line] = now
        return True


def mask_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """Mask what names or shapes give away, at the top and one level down."""
    for name, value in event.items():
        event[name] = MASK if name.lower() in SECRET_NAMES else _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _SECRET_SHAPES.sub(MASK, value)
    if isinstance(value, Mapping):
        return {key: MASK if str(key).lower() in SECRET_NAMES else item for key, item in value.items()}
    return value


def _add_trace(_: Any, __: str, event: EventDict) -> EventDict:
    ids = current_trace_ids()
    if ids is not None:
        event["trace_id"], event["span_id"] = ids
    return event


def _as_json(service: str, instance: str) -> list[Any]:
    def add_process(_: Any, __: str, event: EventDict) -> EventDict:
        event["service"], event["instance"] = service, instance
        return event

    def serialize(event: EventDict, **_: Any) -> str:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        add_process,
        structlog.processors.JSONRenderer(serializer=serialize),
    ]


def _for_people(out: TextIO) -> list[Any]:
    wanted = out.isatty() or "FORCE_COLOR" in os.environ
    renderer = structlog.dev.ConsoleRenderer(
        colors=wanted and "NO_COLOR" not in os.environ,
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
