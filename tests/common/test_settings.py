"""Settings come from the environment, and what is wrong with them is said in its words."""

import base64

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict
from winnow_common.settings import CommonSettings, LogFormat, load

KEY = bytes(range(32))
ENVIRONMENT = {
    "POSTGRES": "postgresql://notes:hunter2@127.0.0.1/winnow",
    "KAFKA": "127.0.0.1:9092",
    "OBJECTS": "file:///tmp/objects",
    "MASTER_KEY": base64.b64encode(KEY).decode(),
}


class Settings(CommonSettings):
    model_config = SettingsConfigDict(env_prefix="WINNOW_NOTES_")

    batch: int = 500


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(f"WINNOW_NOTES_{name}", value)


def test_a_service_reads_what_it_needs_and_has_defaults_for_the_rest() -> None:
    settings = load(Settings)
    assert settings.postgres.get_secret_value() == ENVIRONMENT["POSTGRES"]
    assert settings.master_key.get_secret_value() == KEY
    assert (settings.log, settings.operations_port, settings.batch) == (LogFormat.JSON, 0, 500)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    shown = repr(load(Settings)) + load(Settings).model_dump_json()
    assert "hunter2" not in shown
    assert ENVIRONMENT["MASTER_KEY"] not in shown


def test_settings_do_not_change() -> None:
    settings = load(Settings)
    with pytest.raises(ValidationError, match="frozen"):
        settings.batch = 1  # type: ignore[misc]


def test_what_is_missing_or_wrong_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WINNOW_NOTES_KAFKA")
    monkeypatch.setenv("WINNOW_NOTES_BATCH", "many")
    monkeypatch.setenv("WINNOW_NOTES_OPERATIONS_PORT", "70000")
    with pytest.raises(SystemExit) as ended:
        load(Settings)
    assert ended.value.code == 2
    named = {line.partition(":")[0] for line in capsys.readouterr().err.splitlines()}
    assert named == {"WINNOW_NOTES_KAFKA", "WINNOW_NOTES_BATCH", "WINNOW_NOTES_OPERATIONS_PORT"}


@pytest.mark.parametrize(
    ("value", "words"),
    [("hunter2!", "must be base64"), (base64.b64encode(b"hunter2").decode(), "must be 32 bytes in base64, and is 7")],
)
def test_a_master_key_that_is_none_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, words: str
) -> None:
    monkeypatch.setenv("WINNOW_NOTES_MASTER_KEY", value)
    with pytest.raises(SystemExit):
        load(Settings)
    said = capsys.readouterr().err
    assert said == f"WINNOW_NOTES_MASTER_KEY: {words}\n"
