"""Files that the server takes in row by row, in the background: sending one, and waiting for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from os import PathLike
from typing import ClassVar

from winnow.binding import D, Group, call
from winnow.calls import Call, command, get, pause, segment
from winnow.errors import ImportFailed
from winnow.results import ImportStatus, parse
from winnow.uploads import BytesSent, file_body

SECONDS_BETWEEN_LOOKS = 0.5


class Import(Group[D]):
    """An import that the server works on. `id` finds it again after this process is gone."""

    def __init__(self, driver: D, *, import_id: str) -> None:
        super().__init__(driver)
        self.id = import_id

    @call
    def status(self) -> Call[ImportStatus]:
        """How far it is now."""
        request = get(f"/v1/imports/{segment(self.id)}")
        return parse(ImportStatus, (yield from self._perform(request)))

    @call
    def wait(self, *, progress: Callable[[ImportStatus], None] | None = None) -> Call[ImportStatus]:
        """Look until it is finished, telling `progress` each time. `ImportFailed` if it failed.

        Rejected rows alone are no failure: the result lists them.
        """
        while True:
            answer = yield from self._perform(get(f"/v1/imports/{segment(self.id)}"))
            status = parse(ImportStatus, answer)
            if progress is not None:
                progress(status)
            if status.status == "failed":
                reason = status.error.detail if status.error else "no reason was given"
                raise ImportFailed(f"Import {self.id} failed: {reason}")
            if status.finished:
                return status
            yield from pause(SECONDS_BETWEEN_LOOKS)


class TakesFiles(Group[D]):
    """A group whose things may come as a file."""

    _path: ClassVar[str]
    """Of the group: files go to `import` below it."""

    @call
    def import_file(
        self,
        path: str | PathLike[str],
        /,
        *,
        mapping: Mapping[str, str] | None = None,
        content_type: str | None = None,
        progress: BytesSent | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Import[D]]:
        """Send a CSV, JSON or NDJSON file, read from disk piece by piece; then `wait` for it.

        `mapping` names attributes for headers that are spelled otherwise: `{"Website": "domain"}`.
        `progress` hears the bytes sent and the bytes in all.
        """
        request = command(
            "POST",
            f"{self._path}/import",
            file=file_body(path, content_type=content_type, progress=progress),
            query={"mapping": json.dumps(dict(mapping)) if mapping else None},
            idempotency_key=idempotency_key,
        )
        accepted = parse(ImportStatus, (yield from self._perform(request)))
        return Import(self.driver, import_id=accepted.import_id)
