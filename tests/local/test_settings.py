"""What `make up` is told: read as it is meant, refused in words where it cannot be meant."""

import socket
from pathlib import Path

import pytest
from winnow_local.errors import StackError
from winnow_local.ports import LOOPBACK, free_port
from winnow_local.reservation import reserved_port
from winnow_local.services import ROLES, Role, Wiring
from winnow_local.settings import StackSettings

WIRING = Wiring(
    postgres={"gateway": "postgresql://g", "scoring": "postgresql://s"},
    kafka="127.0.0.1:9092",
    redis="redis://r",
    objects="file:///objects",
    master_key="key",
    pepper="pepper",
    port=8080,
    log_level="info",
)


def test_scale_names_roles_and_counts() -> None:
    assert StackSettings.from_environment({"SCALE": "scoring=2 gateway=3"}).scale == {"scoring": 2, "gateway": 3}


@pytest.mark.parametrize("scale", ["scoring", "scoring=0", "scoring=-1", "scoring=x", "billing=2", "gateway=2;", "=2"])
def test_scale_that_cannot_be_meant_is_refused_with_an_example(scale: str) -> None:
    with pytest.raises(StackError, match="scoring=2 gateway=2"):
        StackSettings.from_environment({"SCALE": scale})


@pytest.mark.parametrize("port", ["0", "65536", "http", "80 80", "-1", "٨٠"])
def test_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(StackError, match="from 1 to 65535"):
        StackSettings.from_environment({"PORT": port})


def test_log_level_that_is_none_is_refused() -> None:
    with pytest.raises(StackError, match="debug, info, warning, error"):
        StackSettings.from_environment({"LOG_LEVEL": "loud"})


def test_empty_variables_count_as_unset() -> None:
    settings = StackSettings.from_environment({"PORT": "", "SCALE": "", "WINNOW_KAFKA": "", "WINNOW_HOME": ""})

    assert settings == StackSettings(home=Path(".winnow").resolve())


def test_port_that_is_taken_is_refused_with_the_way_out() -> None:
    port = free_port()
    with (
        socket.create_server((LOOPBACK, port)),
        pytest.raises(StackError, match=rf"Port {port} is taken.*make up PORT="),
        reserved_port(port),
    ):
        pass


def test_reserved_port_is_refused_to_another_stack_and_open_to_the_gateway() -> None:
    with reserved_port(free_port()) as port:
        with pytest.raises(StackError, match="is taken"), reserved_port(port):
            pass
        with socket.create_server((LOOPBACK, port), reuse_port=True):
            socket.create_connection((LOOPBACK, port), timeout=2).close()


def test_two_stacks_that_name_no_port_get_different_ones() -> None:
    with reserved_port(None) as first, reserved_port(None) as second:
        assert first != second


def variables(service: str, role: str = "serve", *, instance: str = "one") -> dict[str, str]:
    return WIRING.environment(Role(service=service, role=role), instance=instance, operations_port=9000)


def test_every_process_gets_its_own_instance_and_only_its_own_secrets() -> None:
    gateway, scoring = variables("gateway", instance="gateway-2"), variables("scoring")

    assert gateway["WINNOW_GATEWAY_INSTANCE"] == "gateway-2"
    assert gateway["WINNOW_GATEWAY_POSTGRES"] == "postgresql://g"
    assert not [name for name in scoring if "GATEWAY" in name or "REDIS" in name or "PEPPER" in name]


def test_only_the_keeper_of_scoring_knows_where_redis_is() -> None:
    assert variables("scoring", "keeper")["WINNOW_SCORING_REDIS"] == "redis://r"
    assert "WINNOW_SCORING_REDIS" not in variables("scoring", "imports")


def test_bulk_work_gives_way_to_requests() -> None:
    niceness = {role.label: role.niceness for role in ROLES}

    assert niceness == {
        "gateway": 0,
        "scoring": 0,
        "imports": 10,
        "models": 10,
        "keeper": 0,
        "bulk": 10,
        "pipeline": 0,
        "chunks": 10,
    }
