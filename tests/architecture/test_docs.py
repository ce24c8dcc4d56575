"""The documents name what there is: links and paths lead somewhere, and tables are those of the code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import winnow_common.metrics
import winnow_gateway.metrics
import winnow_pipeline.metrics
import winnow_scoring.metrics
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase
from pydantic_settings import BaseSettings
from winnow_common import inbox
from winnow_common.settings import CommonSettings
from winnow_contracts.topic import Topic
from winnow_contracts.topics import TOPICS
from winnow_gateway.accounts import SESSION_LENGTH
from winnow_gateway.handlers.imports import KEPT_FOR as IMPORTS_KEPT_FOR
from winnow_gateway.settings import Settings as GatewaySettings
from winnow_gateway.store.months import KEPT_FOR as RESERVATIONS_KEPT_FOR
from winnow_pipeline.settings import Settings as PipelineSettings
from winnow_scoring.settings import Settings as ScoringSettings

ROOT = Path(__file__).parents[2]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
OPERATIONS = ROOT / "docs" / "operations.md"
DECISIONS = ROOT / "docs" / "decisions"
README = ROOT / "README.md"

PARTS = ("docs", "libs", "services", "clients", "deploy", "tests", "bench", "requirements", ".ci")
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(path for part in PARTS for path in (ROOT / part).rglob("*.md"))]
    if "node_modules" not in path.parts and "site-packages" not in path.parts
)
HEADINGS = ["## Context", "## Decision", "## Consequences", "## Alternatives"]

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?:{'|'.join(map(re.escape, PARTS))})/[A-Za-z0-9_./*-]*")
_SHOWN_BY = re.compile(r"\[test_\w+\.py\]\(([^)]+)\): `(test_\w+)`")
_TARGET = re.compile(r"`make ([a-z_-]+)")


def prose(document: Path) -> str:
    """A document without its blocks of code."""
    return _FENCED.sub("", document.read_text())


def section(document: Path, *, heading: str) -> str:
    """What stands under a heading."""
    return document.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(document: Path, *, heading: str) -> dict[str, list[str]]:
    """The rows of the tables under a heading: the other cells by the first one, without backticks."""
    lines = [line for line in section(document, heading=heading).splitlines() if line.startswith("| ")]
    cells = ([cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines)
    return {first: rest for first, *rest in cells}


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-") for title in titles}


def metrics() -> Iterator[MetricWrapperBase]:
    for module in (winnow_common.metrics, winnow_gateway.metrics, winnow_scoring.metrics, winnow_pipeline.metrics):
        yield from (value for value in vars(module).values() if isinstance(value, MetricWrapperBase))


def described(metric: MetricWrapperBase) -> tuple[str, str]:
    """A metric's name as it is scraped, and its line of meaning."""
    [family] = metric.describe()
    return f"{family.name}_total" if isinstance(metric, Counter) else family.name, family.documentation


def variables(settings: type[BaseSettings]) -> dict[str, str]:
    """What a settings class reads from the environment, and each default as it is written there."""
    prefix = settings.model_config["env_prefix"]
    found = {}
    for name, field in settings.model_fields.items():
        variable = field.validation_alias if isinstance(field.validation_alias, str) else (prefix + name).upper()
        found[variable] = "required" if field.is_required() else str(field.default)
    return found


def named(topic: Topic) -> list[str]:
    """A topic's row in the table of topics."""
    seconds = topic.retention_ms // 1000
    kept = f"{seconds // 86_400} days" if seconds % 86_400 == 0 else f"{seconds // 60} minutes"
    return [
        topic.key,
        ", ".join(topic.publishers),
        ", ".join(topic.consumers),
        "compacted" if topic.compacted else kept,
        ", ".join(message.name for message in topic.messages),
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    lost = []
    for link in _LINK.findall(prose(document)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)

    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_in_backticks_exist(document: Path) -> None:
    quoted = [text for text in _QUOTED.findall(prose(document)) if _PATH.fullmatch(text)]

    lost = [text for text in quoted if not any(ROOT.glob(text.rstrip("/")))]

    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) | {"bench-", "alone-"}
    targets |= {f"bench-{path.stem.removeprefix('bench_')}" for path in (ROOT / "bench").glob("bench_*.py")}

    assert set(_TARGET.findall(prose(document))) - targets == set()


def test_the_table_of_topics_is_that_of_the_contracts() -> None:
    table = rows(ARCHITECTURE, heading="Topics")

    assert {topic.name: table.get(topic.name) for topic in TOPICS} == {topic.name: named(topic) for topic in TOPICS}
    assert {name for name in table if name.endswith(".v1")} == {topic.name for topic in TOPICS}


def test_the_table_of_tables_is_that_of_the_migrations() -> None:
    made: dict[str, str] = {}
    folders = [(ROOT / "libs/common/winnow_common/migrations", "every service")]
    folders += [(path, path.parts[-3]) for path in sorted(ROOT.glob("services/*/winnow_*/migrations"))]
    for folder, owner in folders:
        for file in folder.glob("*.sql"):
            made |= dict.fromkeys(re.findall(r"^CREATE TABLE (\w+) \(", file.read_text(), re.MULTILINE), owner)

    table = rows(ARCHITECTURE, heading="Tables")

    assert {name: cells[0] for name, cells in table.items() if name not in {"table", "---"}} == made


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    table = rows(OPERATIONS, heading="Metrics")

    told = {name: cells[-1] for name, cells in table.items() if name.startswith("winnow_")}

    assert told == dict(described(metric) for metric in metrics())


def test_the_tables_of_settings_are_those_of_the_code() -> None:
    table = rows(OPERATIONS, heading="Settings")
    # Words stand where the default says nothing to a reader.
    words = {"none": "None", "packaged": "None", "empty": "", "no entries": "()"}
    told = {name: words.get(cells[0], cells[0]) for name, cells in table.items() if re.fullmatch("[A-Z_]+", name)}

    common = variables(CommonSettings)
    expected = dict(common)
    for settings in (GatewaySettings, ScoringSettings, PipelineSettings):
        prefix = settings.model_config["env_prefix"]
        own = variables(settings)
        expected |= {name: default for name, default in own.items() if name.removeprefix(prefix) not in common}

    assert told == expected


def test_the_table_of_what_is_kept_says_what_the_code_does() -> None:
    table = rows(OPERATIONS, heading="What is kept, and for how long")

    def days(what: str) -> int:
        found = re.match(r"(\d+) (days|hours)", table[what][0])
        assert found is not None, what
        return int(found[1]) * (24 if found[2] == "days" else 1)

    assert days("inbox rows") == inbox.KEPT_FOR.days * 24
    assert days("stored answers") == inbox.STORED_FOR.total_seconds() / 3600
    assert days("sealed import files") == IMPORTS_KEPT_FOR.days * 24
    assert days("reservations of the month") == RESERVATIONS_KEPT_FOR.days * 24
    assert days("sessions") == SESSION_LENGTH.total_seconds() / 3600


@pytest.mark.parametrize("record", sorted(DECISIONS.glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_is_short_has_its_four_parts_and_stands_in_the_index(record: Path) -> None:
    lines = record.read_text().splitlines()

    assert len(lines) <= 60
    assert [line for line in lines if line.startswith("## ")] == HEADINGS
    assert lines[0].startswith(f"# {record.name[:4]}: ")
    assert f"]({record.name}) {lines[0].partition(': ')[2]} |" in (DECISIONS / "README.md").read_text()


def test_numbers_of_decisions_follow_each_other() -> None:
    numbers = [int(path.name[:4]) for path in sorted(DECISIONS.glob("0*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))


def test_each_guarantee_names_a_test_that_exists() -> None:
    told = section(README, heading="Guarantees")
    guarantees = len(rows(README, heading="Guarantees")) - len(["guarantee", "---"])
    named = _SHOWN_BY.findall(told)

    lost = [name for path, name in named if f"def {name}(" not in (ROOT / path).read_text()]

    assert lost == []
    assert len(named) == guarantees > 0
