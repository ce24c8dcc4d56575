"""docker-compose.yml has the shape of a Compose file, and its names, ports and variables are those of the code."""

import base64
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from winnow_common.settings import CommonSettings
from winnow_gateway.settings import Settings as GatewaySettings
from winnow_local.jars import locked_jars
from winnow_local.services import ROLES, SERVICES
from winnow_pipeline.settings import Settings as PipelineSettings
from winnow_scoring.settings import Settings as ScoringSettings

from .compose import Compose, Service, read_compose, resolve, variables

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
SETTINGS: dict[str, type[CommonSettings]] = {
    "gateway": GatewaySettings,
    "scoring": ScoringSettings,
    "pipeline": PipelineSettings,
}
KEY = base64.b64encode(bytes(32)).decode()


@pytest.fixture(scope="module")
def compose() -> Compose:
    return read_compose(COMPOSE_FILE)


@pytest.fixture(scope="module")
def filled_in() -> dict[str, str]:
    """What somebody writes into .env: the example, with its secrets made up."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    secrets = {name: KEY if name in {"MASTER_KEY", "PEPPER"} else "0a1b2c" for name in given}
    return {name: value or secrets[name] for name, value in given.items()}


def environment(service: Service, *, values: dict[str, str]) -> dict[str, str]:
    return {name: resolve(value, values=values) for name, value in service.environment.items()}


def test_env_example_names_every_variable_that_compose_asks_for(filled_in: dict[str, str]) -> None:
    assert set(filled_in) == set(variables(COMPOSE_FILE.read_text()))


def test_every_role_of_the_stack_is_a_service_and_every_service_migrates_first(compose: Compose) -> None:
    ours = {name: service for name, service in compose.services.items() if service.build is not None}
    expected = {role.label for role in ROLES} | {f"{service}-migrate" for service in SERVICES} | {"topics"}

    assert set(ours) == expected
    for role in ROLES:
        assert f"{role.service}-migrate" in ours[role.label].depends_on
        assert "topics" in ours[role.label].depends_on


def test_every_role_runs_its_own_module(compose: Compose) -> None:
    for role in ROLES:
        arguments = [f"winnow_{role.service}"] + ([role.role] if role.role != "serve" else [])
        assert compose.services[role.label].command == arguments


def test_every_image_is_built_from_the_requirements_of_its_service(compose: Compose) -> None:
    for name, service in compose.services.items():
        if service.build is not None:
            built = service.build.args["SERVICE"]
            assert service.image == f"winnow-{built}"
            assert (ROOT / "requirements" / f"{built}.txt").exists(), name
            assert (ROOT / service.build.dockerfile).exists()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_variables_of_a_service_are_those_of_its_settings(
    compose: Compose, filled_in: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = SETTINGS[name]
    prefix = f"WINNOW_{name.upper()}_"
    known = {
        str(field.validation_alias or f"{prefix}{field_name.upper()}")
        for field_name, field in settings.model_fields.items()
    }
    given = {
        role.label: environment(compose.services[role.label], values=filled_in)
        for role in ROLES
        if role.service == name
    }
    for variable, value in given[name].items():
        monkeypatch.setenv(variable, value)

    read = settings()

    assert all(set(variables_of_role) <= known for variables_of_role in given.values())
    assert read.kafka == "kafka:9092"


def test_only_the_keeper_of_scoring_knows_where_redis_is(compose: Compose) -> None:
    knowing = {name for name, service in compose.services.items() if "WINNOW_SCORING_REDIS" in service.environment}

    assert knowing == {"keeper"}


def test_every_address_names_a_service_and_the_port_it_listens_on(compose: Compose, filled_in: dict[str, str]) -> None:
    listening = {"postgres": 5432, "valkey": 6379, "kafka": 9092}
    for role in ROLES:
        for name, value in environment(compose.services[role.label], values=filled_in).items():
            if name.endswith(("_POSTGRES", "_REDIS")):
                address = urlsplit(value)
                assert address.hostname is not None
                assert address.port == listening[address.hostname], name


def test_gateway_is_published_on_the_port_it_serves(compose: Compose, filled_in: dict[str, str]) -> None:
    gateway = compose.services["gateway"]
    given = environment(gateway, values=filled_in)

    host, published, inside = resolve(gateway.ports[0], values=filled_in).split(":")

    assert inside == given["WINNOW_GATEWAY_PORT"]
    assert given["WINNOW_GATEWAY_PUBLIC_URL"] == f"http://{host}:{published}"


def test_health_is_asked_of_the_operations_port(compose: Compose) -> None:
    for role in ROLES:
        service = compose.services[role.label]
        assert service.healthcheck is not None
        port = service.environment[f"WINNOW_{role.service.upper()}_OPERATIONS_PORT"]
        assert f"http://127.0.0.1:{port}/readyz" in service.healthcheck.test[-1]


def test_every_dependency_volume_and_mount_exists(compose: Compose) -> None:
    for service in compose.services.values():
        assert set(service.depends_on) <= set(compose.services)
        for mount in service.volumes:
            source = mount.split(":")[0]
            assert source in compose.volumes or (ROOT / source).exists()


def test_what_others_wait_for_says_when_it_is_healthy(compose: Compose) -> None:
    for service in compose.services.values():
        for name, dependency in service.depends_on.items():
            if dependency.condition == "service_healthy":
                assert compose.services[name].healthcheck is not None


def test_every_service_has_a_role_in_postgres(compose: Compose) -> None:
    script = (ROOT / "deploy" / "postgres" / "roles.sh").read_text()
    made = dict(re.findall(r'^make_role (\w+) "\$(\w+)"$', script, flags=re.MULTILINE))

    assert made == {service: f"{service.upper()}_PASSWORD" for service in SERVICES}
    assert set(made.values()) <= set(compose.services["postgres"].environment)


def test_kafka_is_the_version_that_runs_on_one_machine(compose: Compose) -> None:
    [version] = [jar.coordinate.split(":")[2] for jar in locked_jars() if ":kafka_2.13:" in jar.coordinate]

    assert compose.services["kafka"].image == f"apache/kafka:{version}"


def test_images_of_services_are_locked_down(compose: Compose) -> None:
    for role in ROLES:
        service = compose.services[role.label]
        assert service.read_only
        assert service.cap_drop == ["ALL"]
        assert service.security_opt == ["no-new-privileges:true"]
    assert re.search(r"^USER winnow$", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE)
