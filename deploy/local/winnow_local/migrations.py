"""Whether a service's migrations changed since they were last applied to the database of this home.

Asking the service costs a second of Python at every start; its SQL files answer as well. The note is kept in the folder
of the database, so that it goes when the data goes.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from winnow_local.errors import StackError

_SHARED = "winnow_common"


class AppliedMigrations:
    """The note about one service, beside PostgreSQL's data."""

    def __init__(self, folder: Path, *, service: str) -> None:
        self._note = folder / f"migrated-{service}"
        self._fingerprint = _fingerprint((_SHARED, f"winnow_{service}"))

    def are_current(self) -> bool:
        """Whether exactly the migrations that there are now were applied."""
        return self._note.exists() and self._note.read_text() == self._fingerprint

    def note(self) -> None:
        """Write down that they were."""
        self._note.write_text(self._fingerprint)


def _fingerprint(packages: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for package in packages:
        found = find_spec(package)
        if found is None or not found.submodule_search_locations:
            raise StackError(f"{package} is missing from this environment: `make setup` installs it.")
        folder = Path(found.submodule_search_locations[0]) / "migrations"
        for file in sorted(folder.glob("*.sql")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
