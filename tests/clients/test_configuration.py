"""Where address and key come from, and how they are kept."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from winnow.configuration import Configuration, configuration_path, read_configuration, write_configuration
from winnow.connection import connect
from winnow.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

REMEMBERED = Configuration(url="https://remembered.example", api_key="remembered")


def test_the_file_is_readable_by_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "new" / "winnow" / "config.json"
    before = os.umask(0)
    try:
        write_configuration(path, REMEMBERED)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_configuration(path) == REMEMBERED


def test_a_file_that_was_readable_by_all_is_not_so_after_writing(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o644)

    write_configuration(path, REMEMBERED)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_absent_file_is_an_empty_configuration(tmp_path: Path) -> None:
    assert read_configuration(tmp_path / "config.json") == Configuration()


@pytest.mark.parametrize("text", ["{", "[]", "\ufeff"])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=str(path)):
        read_configuration(path)


def test_the_file_lies_under_the_xdg_folder() -> None:
    path = configuration_path({"XDG_CONFIG_HOME": "/somewhere"})

    assert str(path) == "/somewhere/winnow/config.json"


@pytest.mark.parametrize(
    ("url", "key", "environment", "expected"),
    [
        (
            "https://a.example",
            "a",
            {"WINNOW_URL": "https://b.example", "WINNOW_API_KEY": "b"},
            ("https://a.example", "a"),
        ),
        (None, None, {"WINNOW_URL": "https://b.example", "WINNOW_API_KEY": "b"}, ("https://b.example", "b")),
        (None, None, {}, ("https://remembered.example", "remembered")),
        ("https://remembered.example/", None, {}, ("https://remembered.example", "remembered")),
    ],
)
def test_arguments_come_before_the_environment_and_that_before_the_file(
    url: str | None, key: str | None, environment: dict[str, str], expected: tuple[str, str]
) -> None:
    connection = connect(url, key, configuration=REMEMBERED, environment=environment)

    assert (connection.url, connection.api_key) == expected


def test_a_remembered_key_is_not_sent_to_another_server() -> None:
    connection = connect("https://other.example", None, configuration=REMEMBERED, environment={})

    assert connection.api_key is None


def test_no_server_at_all_is_said_with_the_ways_to_name_one() -> None:
    with pytest.raises(ConfigurationError, match="winnow login"):
        connect(None, None, configuration=Configuration(), environment={})
