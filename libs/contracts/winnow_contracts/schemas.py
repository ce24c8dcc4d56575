"""Writes what the constants say for readers of other languages: a JSON Schema for each message, and AsyncAPI for all.

python -m winnow_contracts.schemas          writes libs/contracts/schemas
python -m winnow_contracts.schemas --check  says which files are not what the models give, and fails
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from winnow_contracts.topic import MessageType, Topic
from winnow_contracts.topics import TOPICS

FOLDER: Final = Path(__file__).parents[1] / "schemas"
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, dict[str, Any]]:
    """Every file of the folder by its name."""
    messages = {message.name: message for topic in TOPICS for message in topic.messages}
    schemas = {f"{name}.json": message_schema(message) for name, message in sorted(messages.items())}
    return {**schemas, "asyncapi.json": async_api(TOPICS)}


def message_schema(message: MessageType) -> dict[str, Any]:
    """The JSON Schema of a message's data."""
    return {"$schema": DRAFT, "$id": f"urn:winnow:message:{message.name}", **message.model.model_json_schema()}


def async_api(topics: Sequence[Topic]) -> dict[str, Any]:
    """The topics as an AsyncAPI document.

    https://www.asyncapi.com/docs/reference/specification/v3.0.0
    """
    messages = {message.name: message for topic in topics for message in topic.messages}
    models = {message.model for message in messages.values()}
    names, definitions = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda model: model.__qualname__)],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Winnow's log", "version": "1", "description": "CloudEvents 1.0 in Kafka's binary mode."},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {
            f"{service}.{action}.{topic.name}": _operation(topic, action=action)
            for topic in topics
            for action, services in (("send", topic.publishers), ("receive", topic.consumers))
            for service in services
        },
        "components": {
            "messages": {
                name: _message(message, payload=names[message.model, "validation"])
                for name, message in sorted(messages.items())
            },
            "schemas": definitions["$defs"],
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    policy = "compact" if topic.compacted else "delete"
    return {
        "address": topic.name,
        "description": f"Ordered by {topic.key}.",
        "messages": {message.name: {"$ref": f"#/components/messages/{message.name}"} for message in topic.messages},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": [policy], "retention.ms": topic.retention_ms},
            }
        },
    }


def _operation(topic: Topic, *, action: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(message: MessageType, *, payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": message.name,
        "summary": (message.model.__doc__ or "").strip().splitlines()[0],
        "tags": [{"name": message.kind.value}],
        "payload": payload,
    }


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the folder, or check it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m winnow_contracts.schemas")
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a file is not up to date")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    wanted = {options.folder / name: _text(document) for name, document in documents().items()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    surplus = [path for path in options.folder.glob("*.json") if path not in wanted]
    if options.check:
        for path in [*stale, *surplus]:
            sys.stderr.write(f"{path.name} is not what the models give; run `make schemas`\n")
        return 1 if stale or surplus else 0
    options.folder.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(wanted[path])
    for path in surplus:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
