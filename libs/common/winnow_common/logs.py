"""Structured logs: one line per event, for people in colour, for machines as JSON; libraries' own lines go the same way.

    log = logs.get(__name__)
    log.info("rule published", rule=rule_id, version=3)

What is secret or personal does not belong in a line; as a second net, values under names of secrets are masked.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from winnow_common.settings import LogFormat, LogLevel
from winnow_common.telemetry import current_trace_ids

SECRET_NAMES = frozenset(
    {
        "api_key",
        "authorization",
        "cookie",
        "email",
        "key_hash",
        "master_key",
        "password",
        "pepper",
        "phone",
        "secret",
        "set_cookie",
        "token",
    }
)
MASK = "**********"

EventDict = MutableMapping[str, Any]
Logger = structlog.stdlib.BoundLogger


def get(name: str) -> Logger:
    """The logger of a module; cheap, and usable before `configure`."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


def bind(**values: Any) -> None:
    """Put values (request_id, tenant) on every line of the current task from here on."""
    structlog.contextvars.bind_contextvars(**values)


def unbind(*names: str) -> None:
    """Take them off again."""
    structlog.contextvars.unbind_contextvars(*names)


def mask_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """Mask values under names of secrets, at the top and one level down."""
    for name, value in event.items():
        if name.lower() in SECRET_NAMES:
            event[name] = MASK
        elif isinstance(value, dict):
            event[name] = {key: MASK if str(key).lower() in SECRET_NAMES else item for key, item in value.items()}
    return event


def add_trace(_: Any, __: str, event: EventDict) -> EventDict:
    """Name the trace that the line belongs to, if there is one."""
    ids = current_trace_ids()
    if ids is not None:
        event["trace_id"], event["span_id"] = ids
    return event


def configure(*, format: LogFormat, level: LogLevel, service: str, instance: str) -> None:
    """Send the lines of structlog and of the standard library's loggers to stdout in one format."""

    def add_process(_: Any, __: str, event: EventDict) -> EventDict:
        event["service"], event["instance"] = service, instance
        return event

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        add_trace,
        mask_secrets,
    ]
    if format is LogFormat.JSON:
        shared.append(add_process)
        final: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        final = [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
