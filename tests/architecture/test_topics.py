"""Topics say who writes and who reads them; the code of each service names those topics and no others."""

import ast
from pathlib import Path

import pytest
from winnow_contracts import topics
from winnow_contracts.topic import Topic
from winnow_contracts.topics import TOPICS
from winnow_local.services import SERVICES

ROOT = Path(__file__).parents[2]
OUTSIDE = "subscribers"
CONSTANTS = {name: value for name, value in vars(topics).items() if isinstance(value, Topic)}


def topics_named_by(service: str) -> set[str]:
    """The names of the topics whose constants the service's code uses."""
    named: set[str] = set()
    for path in (ROOT / "services" / service / f"winnow_{service}").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ImportFrom(module="winnow_contracts.topics", names=names):
                    named |= {name.name for name in names}
                case ast.ImportFrom(module="winnow_common.foundation"):
                    named.add("REPLIES")  # which everything that is founded there answers on
                case ast.Attribute(value=ast.Name(id="topics"), attr=name):
                    named.add(name)
    return {CONSTANTS[name].name for name in named & set(CONSTANTS)}


def test_every_topic_is_in_the_list_of_topics() -> None:
    assert set(CONSTANTS.values()) == set(TOPICS)


def test_topics_are_written_and_read_by_services_that_exist() -> None:
    for topic in TOPICS:
        assert topic.publishers
        assert topic.consumers
        assert {*topic.publishers, *topic.consumers} <= {*SERVICES, OUTSIDE}


@pytest.mark.parametrize("service", SERVICES)
def test_service_uses_exactly_the_topics_that_name_it(service: str) -> None:
    naming_it = {topic.name for topic in TOPICS if service in {*topic.publishers, *topic.consumers}}

    assert topics_named_by(service) == naming_it
