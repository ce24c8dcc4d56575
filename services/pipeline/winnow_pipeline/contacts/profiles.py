"""LinkedIn profiles: one address for each, however it was copied."""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_PROFILE: Final = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]+\.)*linkedin\.com/(?:mwlite/|m/)?(in|pub)/+([^/?#\s]+)((?:/[^/?#\s]+)*)", re.IGNORECASE
)
_PATH: Final = re.compile(r"/?in/([^/?#\s]+)/?", re.IGNORECASE)
_NAME: Final = re.compile(r"[^\W_](?:[\w\u200c\u200d&'\u2019\U0001f000-\U0001faff-]{1,98})[^\s/?#]?")
_BARE: Final = re.compile(r"[-\d]")
"""What a name on its own has at least one of; "yes" is none."""
_LONGEST: Final = 100


def linkedin(text: str) -> str | None:
    """https://www.linkedin.com/in/<name>; None for pages of companies and everything that is no profile.

    Names do not know case; letters outside ASCII are written as letters. Addresses of the time before 2014
    (`/pub/jane-doe/1/2b/3c4`) stay what they are.
    """
    match = _PROFILE.match(text)
    if match is not None:
        kind, name, rest = match[1].lower(), match[2], match[3].lower()
        plain = _plain(name)
        if plain is None:
            return None
        return f"https://www.linkedin.com/{kind}/{plain}{rest if kind == 'pub' else ''}"
    path = _PATH.fullmatch(text)
    if path is None and not _BARE.search(text):
        return None
    plain = _plain(path[1] if path is not None else text)
    return f"https://www.linkedin.com/in/{plain}" if plain is not None else None


def _plain(name: str) -> str | None:
    name = unicodedata.normalize("NFC", unquote(name, errors="replace").lower())
    if len(name) > _LONGEST or "\ufffd" in name or not _NAME.fullmatch(name):
        return None
    return name
