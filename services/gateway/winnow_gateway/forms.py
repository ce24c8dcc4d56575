"""A file out of a form: multipart/form-data (RFC 7578, RFC 2046) read while it arrives, in bounded memory.

aiohttp's reader is not used for three reasons: it warns about a part's header by printing it, and with it the name of
the file; it gives up on a name with two semicolons; and it stands on calls of the stream that are deprecated. Headers
of parts are read by the standard library's e-mail package, which has none of these faults.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from typing import Final

from aiohttp import web
from winnow_common.errors import Problem
from winnow_common.http import stream_body

FORM_TYPE: Final = "multipart/form-data"
FILE_PART: Final = "file"
LARGEST_HEAD: Final = 16 * 1024
"""Bytes of a part's headers."""
LARGEST_REST: Final = 1024 * 1024
"""Bytes of everything in a form that is not the file's content."""
LEAST_PART: Final = 1024
"""What a part counts for at least: to read the headers of one takes longer than to send an empty one."""

_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
"""RFC 2046, 5.1.1."""
_PLAIN_ENCODINGS: Final = frozenset({"", "7bit", "8bit", "binary"})


@dataclass(frozen=True, slots=True)
class FormFile:
    """The file of a form: the name that it was sent with, None where it had none, and its content."""

    name: str | None
    content: AsyncIterator[bytes]
    """Ends where the form does; raises `Problem` for a form that is broken or holds a second file, and as
    `stream_body` does."""


async def read_file(request: web.BaseRequest) -> FormFile:
    """The part `file`, once its headers are here; parts before and after it that are no files are passed over.

    Raises `Problem` 400 `broken_form`, `missing_file`, `two_files`, and as `stream_body` does.
    """
    form = FormReader(stream_body(request), boundary=_boundary(request))
    while (part := await form.next_part()) is not None:
        if part.is_file:
            return FormFile(part.file_name, _to_the_end(form))
    raise Problem(400, "missing_file", f"The form has no part `{FILE_PART}`. Send the file in it.")


@dataclass(frozen=True, slots=True)
class Part:
    """The headers of a part, as far as they matter."""

    name: str | None
    file_name: str | None
    """None where it does not say that it is a file."""
    encoding: str
    """Content-Transfer-Encoding."""

    @property
    def is_file(self) -> bool:
        """Whether it is the part `file`; raises for one that it would be wrong to pass over or to take as it is."""
        if self.name != FILE_PART:
            if self.file_name is not None:
                detail = f"Send the file in the part `{FILE_PART}`, not in one of another name."
                raise Problem(400, "missing_file", detail)
            return False
        if self.encoding not in _PLAIN_ENCODINGS:
            raise Problem(400, "broken_form", "Send the file as it is, without Content-Transfer-Encoding.")
        return True


class FormReader:
    """The parts of a form, one after the other."""

    def __init__(self, pieces: AsyncIterator[bytes], *, boundary: bytes) -> None:
        self._pieces = pieces
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first delimiter may stand at the very beginning
        self._left = LARGEST_REST
        self._between = False
        """Whether a delimiter was read whose headers were not."""

    async def next_part(self) -> Part | None:
        """The headers of the next part, after passing over what is left of this one; None after the last."""
        if not self._between:
            async for passed in self.content():
                self._spend(len(passed))
        self._between = False
        while len(self._buffer) < 2:
            await self._more()
        if self._buffer.startswith(b"--"):
            return None
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise broken_form()
            await self._more()
        padding, _, head = bytes(self._buffer[:end]).partition(b"\r\n")
        if padding.strip(b" \t") or end > LARGEST_HEAD:
            raise broken_form()
        self._spend(end)
        del self._buffer[: end + 4]
        return _part(head.decode("utf-8", "replace"))

    async def content(self) -> AsyncIterator[bytes]:
        """What this part holds, in pieces as they arrive."""
        held_back = len(self._delimiter) - 1
        while (end := self._buffer.find(self._delimiter)) < 0:
            if len(self._buffer) > held_back:
                piece = bytes(self._buffer[:-held_back])
                del self._buffer[:-held_back]
                yield piece
            await self._more()
        last = bytes(self._buffer[:end])
        del self._buffer[: end + len(self._delimiter)]
        self._between = True
        if last:
            yield last

    async def _more(self) -> None:
        piece = await anext(self._pieces, None)
        if piece is None:
            raise broken_form()
        self._buffer += piece

    def _spend(self, size: int) -> None:
        self._left -= size + LEAST_PART
        if self._left < 0:
            raise Problem(400, "broken_form", "What the form holds beside the file is larger than 1 MiB.")


def broken_form() -> Problem:
    """The refusal of a body that is no form, or only the beginning of one."""
    detail = "The form does not arrive as its Content-Type says. Send it again, or the file alone with ?filename=."
    return Problem(400, "broken_form", detail)


async def _to_the_end(form: FormReader) -> AsyncIterator[bytes]:
    async for piece in form.content():
        yield piece
    while (part := await form.next_part()) is not None:
        if part.is_file:
            raise Problem(400, "two_files", "The form has two files. Send one at a time.")


def _boundary(request: web.BaseRequest) -> bytes:
    header = Message()
    header["Content-Type"] = request.headers["Content-Type"].encode("utf-8", "replace").decode()
    boundary = _parameter(header, "boundary", of="Content-Type")
    if boundary is None or _BOUNDARY.fullmatch(boundary) is None:
        raise broken_form()
    return boundary.encode()


def _part(head: str) -> Part:
    headers = HeaderParser().parsestr(head)
    return Part(
        name=_parameter(headers, "name", of="Content-Disposition"),
        file_name=_parameter(headers, "filename", of="Content-Disposition"),
        encoding=str(headers.get("Content-Transfer-Encoding", "")).strip().lower(),
    )


def _parameter(headers: Message, name: str, *, of: str) -> str | None:
    try:
        found = headers.get_param(name, header=of)
        return collapse_rfc2231_value(found) if isinstance(found, tuple) else found
    except ValueError:  # numbers too long to be any, and encodings that Python knows but cannot read
        raise broken_form() from None
