"""A later start asks a service to migrate only when its SQL files are others than those that were applied."""

from pathlib import Path

import pytest
from winnow_local.errors import StackError
from winnow_local.migrations import AppliedMigrations


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The migrations of a service that is on the path."""
    migrations = tmp_path / "packages" / "winnow_example" / "migrations"
    migrations.mkdir(parents=True)
    (migrations.parent / "__init__.py").touch()
    (migrations / "0101_first.sql").write_text("CREATE TABLE first ();")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    return migrations


def test_new_database_has_none_applied(package: Path, tmp_path: Path) -> None:
    assert not AppliedMigrations(tmp_path, service="example").are_current()


def test_applied_migrations_stay_applied(package: Path, tmp_path: Path) -> None:
    AppliedMigrations(tmp_path, service="example").note()

    assert AppliedMigrations(tmp_path, service="example").are_current()


def test_file_that_came_later_has_to_be_applied(package: Path, tmp_path: Path) -> None:
    AppliedMigrations(tmp_path, service="example").note()

    (package / "0102_second.sql").write_text("CREATE TABLE second ();")

    assert not AppliedMigrations(tmp_path, service="example").are_current()


def test_service_that_is_not_installed_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="winnow_absent is missing"):
        AppliedMigrations(tmp_path, service="absent")
