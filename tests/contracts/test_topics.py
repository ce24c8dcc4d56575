"""Topics, models, schemas and examples say the same, and services do what topics say of them."""

import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from winnow_common.sealed import SealedStore
from winnow_contracts.replies import GET_REQUEST
from winnow_contracts.schemas import documents, main, message_schema
from winnow_contracts.topic import Kind, MessageType
from winnow_contracts.topics import SCORING_REQUESTS, TOPICS
from winnow_scoring.app import handlers
from winnow_scoring.models import Models
from winnow_scoring.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "libs" / "contracts"
MESSAGES = {message.name: message for topic in TOPICS for message in topic.messages}
EXAMPLES = sorted((CONTRACTS / "examples").glob("*/*.json"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_names_of_topics_and_messages_are_used_once() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    shared = [topic for topic in TOPICS if GET_REQUEST in topic.messages]
    assert len(MESSAGES) == sum(len(topic.messages) for topic in TOPICS) - len(shared) + 1


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_facts_but_usage_have_one_publisher_and_the_past_tense(topic: Any) -> None:
    facts = [message.name for message in topic.messages if message.kind is Kind.FACT]
    assert not facts or len(topic.publishers) == 1 or topic.name.startswith("usage.")
    assert all(name.endswith("ed") for name in facts)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_requests_and_facts_do_not_share_a_topic(topic: Any) -> None:
    asks = {message.kind in {Kind.COMMAND, Kind.READ} for message in topic.messages}
    assert len(asks) == 1


@pytest.mark.parametrize("message", MESSAGES.values(), ids=lambda message: message.name)
def test_requests_refuse_unknown_fields_and_facts_pass_over_them(message: MessageType) -> None:
    strict = message.model.model_config.get("extra") == "forbid"
    assert strict is (message.kind in {Kind.COMMAND, Kind.READ})


def test_scoring_handles_exactly_the_messages_of_its_requests() -> None:
    def clock() -> datetime:
        pytest.fail("nobody asks for the time")

    settings = _settings()
    models = Models(SealedStore.at("memory:///", master_key=bytes(32)), clock=clock)
    handled = handlers(settings, clock=clock, models=models)
    assert {handler.message.name for handler in handled} == {message.name for message in SCORING_REQUESTS.messages}
    for handler in handled:
        assert handler.message is MESSAGES[handler.message.name]
        assert handler.model is handler.message.model


def _settings() -> Settings:
    return Settings.model_validate({"postgres": "", "kafka": "", "objects": "memory:///", "master_key": bytes(32)})


# Schemas


def test_the_committed_schemas_are_those_of_the_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_schema_that_is_stale_missing_or_surplus_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    (tmp_path / "scoring.score.json").write_text("{}")
    (tmp_path / "scores.get.json").unlink()
    (tmp_path / "nobody.json").write_text("{}")
    assert main(["--check", "--folder", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert all(name in told for name in ("scoring.score.json", "scores.get.json", "nobody.json"))
    assert main(["--folder", str(tmp_path)]) == 0
    assert main(["--check", "--folder", str(tmp_path)]) == 0


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = documents()["asyncapi.json"]
    for reference in _references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert isinstance(place, dict)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for member in value.values() for reference in _references(member)]
    return [reference for member in value for reference in _references(member)] if isinstance(value, list) else []


# Examples


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example(name: str) -> None:
    assert list((CONTRACTS / "examples" / name).glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_every_shape_ever_published_is_still_understood(path: Path) -> None:
    message = MESSAGES[path.parent.name]
    example = json.loads(path.read_text())
    jsonschema_rs.validator_for(message_schema(message)).validate(example)
    understood = message.model.model_validate_json(path.read_bytes())
    assert understood.model_dump(mode="json", exclude_unset=True) == example


def test_no_example_was_ever_lost() -> None:
    command = ["git", "log", "--diff-filter=DR", "--name-only", "--format=", "--", "libs/contracts/examples"]
    history = subprocess.run(command, cwd=CONTRACTS.parents[1], capture_output=True, text=True, check=False)
    if history.returncode != 0:
        pytest.skip("no history at hand")
    lost = [name for name in set(history.stdout.split()) if not (CONTRACTS.parents[1] / name).exists()]
    assert lost == []
