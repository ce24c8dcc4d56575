"""What `python -m winnow_gateway` can do beside serving."""

import asyncio
import base64
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from winnow_gateway.commands import OWNER, run
from winnow_gateway.settings import Settings

from .conftest import SECRET, House


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings, as a process finds them."""
    secret = base64.b64encode(SECRET).decode()
    values = {
        "POSTGRES": settings.postgres.get_secret_value(),
        "REDIS": settings.redis.get_secret_value(),
        "KAFKA": settings.kafka,
        "OBJECTS": settings.objects,
        "MASTER_KEY": secret,
        "PEPPER": secret,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"WINNOW_GATEWAY_{name}", value)


def bootstrap(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert run(["bootstrap"]) == 0
    made: dict[str, str] = orjson.loads(capsys.readouterr().out)
    return made


@pytest.mark.usefixtures("environment")
def test_bootstrap_makes_one_account_and_a_key_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = bootstrap(capsys), bootstrap(capsys)

    assert first["account_id"] == second["account_id"]
    assert first["api_key"] != second["api_key"]


@pytest.mark.usefixtures("environment")
async def test_the_first_account_is_unlimited_and_cannot_log_in(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await asyncio.to_thread(bootstrap, capsys)

    async with house.api() as api:
        listed = await api.get("/v1/keys", key=made["api_key"])
        log_in = await api.post("/v1/sessions", {"email": OWNER, "password": "!!!!!!!!"})

    assert (listed.status, listed.headers["X-RateLimit-Limit"]) == (200, "1000000")
    assert log_in.status == 422


@pytest.mark.usefixtures("environment")
def test_migrating_again_changes_nothing() -> None:
    assert run(["migrate"]) == 0


@pytest.mark.usefixtures("environment")
def test_a_database_that_cannot_be_reached_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WINNOW_GATEWAY_POSTGRES", "postgres://gateway:hunter2@localhost:port/winnow")

    status = run(["migrate"])

    assert status == 1
    assert "hunter2" not in capsys.readouterr().err


def test_stale_documents_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["openapi", "--folder", str(tmp_path)]) == 0
    assert run(["openapi", "--folder", str(tmp_path), "--check"]) == 0
    (tmp_path / "api.md").write_text("stale")

    status = run(["openapi", "--folder", str(tmp_path), "--check"])

    assert status == 1
    assert "api.md" in capsys.readouterr().err


def test_an_unknown_command_lists_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dance"]) == 2
    assert "serve|migrate|bootstrap" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PEPPER", "c2hvcnQ=", "WINNOW_GATEWAY_PEPPER: must be at least 32 bytes"),
        ("PEPPER", "###", "must be base64"),
        ("SIGNUP", "maybe", "WINNOW_GATEWAY_SIGNUP"),
        ("PORT", "99999", "WINNOW_GATEWAY_PORT"),
    ],
)
@pytest.mark.usefixtures("environment")
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(f"WINNOW_GATEWAY_{name}", value)

    with pytest.raises(SystemExit) as ended:
        run(["bootstrap"])

    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_the_module_runs() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "winnow_gateway", "dance"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 2
