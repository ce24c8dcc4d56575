"""Workbooks of Excel: opened as a whole, after a look at how large they become; the first sheet with rows is read."""

import datetime as dt
import io
import zipfile
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.limits import LARGEST_WORKBOOK, MIB, PACKED_RATIO, RATIO_COUNTS_FROM
from winnow_pipeline.files.source import Source

_MOST_UNPACKED: Final = 512 * MIB
"""Bytes of a workbook's parts; a sheet of a million rows of ten cells has about 400 MB."""
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def is_encrypted(content: bytes) -> bool:
    """Whether a compound file holds an encrypted workbook."""
    return content.startswith(OLE) and _ENCRYPTED in content


async def whole(source: Source) -> bytes:
    """The file. Raises `Unreadable` where it is too large to be opened."""
    if source.size > LARGEST_WORKBOOK:
        raise Unreadable(
            "workbook_too_large", f"The workbook is larger than {LARGEST_WORKBOOK // MIB} MiB. Save it as CSV."
        )
    return b"".join([piece async for piece in source.read()])


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of the first sheet that has any, as texts. Raises `Unreadable`."""
    _check(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            found = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if any(cell not in {"", None} for row in found for cell in row):
                return [[_text(cell) for cell in row] for row in found]
    except (CalamineError, ValueError, OSError) as error:
        raise _damaged() from error
    raise Unreadable("empty_file", "The workbook has no rows. Send one that has.")


def _check(content: bytes) -> None:
    """Refuse what is no workbook, or unpacks to far more than it says."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged() from error
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable("unknown_format", "The file is an archive, not a workbook. Unpack it, and send what is in it.")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > _MOST_UNPACKED or (unpacked > RATIO_COUNTS_FROM and unpacked > PACKED_RATIO * len(content)):
        raise Unreadable("compression_bomb", "The workbook unpacks to far more than its size. Save it as CSV.")


def _damaged() -> Unreadable:
    return Unreadable("damaged_workbook", "The workbook cannot be opened. Open it in Excel, and save it once more.")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else str(value)
