"""In which encoding a file is written, and its lines as text.

UTF-8 and UTF-16 are certain. Encodings of a byte a letter are told apart by the words that they would make: in the
right one, letters stand in words whose case makes sense. Scripts other than Latin are believed only where
charset-normalizer and the script of the text agree; a wrong guess would spoil every name of the file, unseen.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from charset_normalizer import from_bytes

from winnow_pipeline.files.failures import Unreadable

UTF_8: Final = "utf-8"
UTF_8_MARK: Final = b"\xef\xbb\xbf"

_LATIN: Final = ("cp1252", "mac-roman", "cp1250", "cp1254")
"""In order of preference."""

_SCRIPTS: Final = {
    "cp1251": ("CYRILLIC",),
    "iso8859_7": ("GREEK",),
    "cp932": ("HIRAGANA", "KATAKANA", "CJK"),
    "gb18030": ("CJK",),
    "cp949": ("HANGUL",),
}
"""What nearly every foreign letter of a text in that encoding is."""

_FEWEST_LETTERS: Final = 6
"""Fewer foreign letters do not tell one script from another."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_FOREIGN_RUN: Final = re.compile(rb"[\x80-\xff]+")
_MARKS: Final = (
    "\u20ac\u201a\u201e\u2026\u2018\u2019\u201c\u201d\u2013\u2014\u2022\u2122\u00ae\u00a9\u00b0\u00a3"
    "\u00a7\u00ab\u00bb\u00bf\u00a1\u00ba\u00aa\u00b4\u00b7\u00b5\u00bd\u00bc\u00be\u00b2\u00b3\u00d7"
    "\u00b1\u00a8\u00b6\u00a0"
)
"""Marks that stand in lists of people and companies; other symbols are letters of another encoding."""


def encoding_of(sample: bytes, *, knows: Callable[[str], int]) -> str:
    """The encoding of the beginning of a file, under the name that Python knows it by.

    `knows` counts the cells of a line that are headers of some language, which decides between kindred encodings.
    Raises `Unreadable` where none is certain.
    """
    marked = _by_mark(sample) or _without_mark_utf_16(sample)
    if marked is not None:
        return marked
    if _is_utf_8(sample):
        return UTF_8
    lines = [line for line in sample.splitlines()[:2000] if not line.isascii()][:500]
    foreign = b"\n".join(lines) or sample[:4096]
    if _in_long_runs(foreign):
        return _other_script(foreign)
    return _latin(foreign, header=b"\n".join(sample.splitlines()[:5]), knows=knows)


def decoded(lines: Sequence[bytes], encoding: str) -> list[str]:
    """Lines as text that PostgreSQL and UTF-8 accept: without NUL and without lone surrogates.

    A byte that is none of the encoding is taken as cp1252 has it, since files are pasted together.
    """
    try:
        texts = [line.decode(encoding) for line in lines]
    except UnicodeDecodeError:
        rule = _as_cp1252()
        texts = [line.decode(encoding, rule) for line in lines]
    if any("\x00" in text for text in texts):
        texts = [text.replace("\x00", "") for text in texts]
    return texts


@lru_cache(maxsize=1)
def _as_cp1252() -> str:
    """The name of a rule for undecodable bytes, made known to the codecs at first use."""

    def rule(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end

    codecs.register_error("winnow.cp1252", rule)
    return "winnow.cp1252"


def _by_mark(sample: bytes) -> str | None:
    if sample.startswith(UTF_8_MARK):
        return UTF_8
    if sample.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise _unsupported()
    if sample.startswith(b"\xff\xfe"):
        return "utf-16-le"
    return "utf-16-be" if sample.startswith(b"\xfe\xff") else None


def _without_mark_utf_16(sample: bytes) -> str | None:
    """Delimiters and line ends leave a zero in one half of their pairs, whatever the script."""
    pairs = sample[: len(sample) // 2 * 2]
    even, odd = pairs[::2].count(0), pairs[1::2].count(0)
    if max(even, odd) < max(2, len(pairs) // 50) or max(even, odd) < 4 * min(even, odd):
        return None
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = pairs.decode(encoding, "replace")
    readable = sum(character.isprintable() or character in "\r\n\t\x1f" for character in text[:4096])
    return encoding if readable >= 0.95 * min(len(text), 4096) else None


def _is_utf_8(sample: bytes) -> bool:
    """Also where the sample ends within a character, or a few lines were pasted in from elsewhere."""
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(sample)
    except UnicodeDecodeError:
        runs = _FOREIGN_RUN.findall(sample)
        whole = sum(_is_text(run) for run in runs)
        return whole > 0.5 * len(runs) and whole >= 3
    return True


def _is_text(run: bytes) -> bool:
    try:
        run.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_long_runs(text: bytes) -> bool:
    """Whether foreign bytes make up whole words; in Latin scripts they stand one by one among ASCII letters."""
    runs = _FOREIGN_RUN.findall(text)
    long = sum(len(run) for run in runs if len(run) >= 3)
    return long > 0.6 * sum(map(len, runs))


def _other_script(text: bytes) -> str:
    best = from_bytes(text, cp_isolation=list(_SCRIPTS), enable_fallback=False).best()
    for encoding in [best.encoding] if best is not None else []:
        letters = [letter for letter in text.decode(encoding, "replace") if ord(letter) > 0x7F and letter.isalpha()]
        fitting = sum(unicodedata.name(letter, "").startswith(_SCRIPTS[encoding]) for letter in letters)
        if fitting >= 0.9 * len(letters) and len(letters) >= _FEWEST_LETTERS and _is_frequent(letters, encoding):
            return encoding
    raise _unsupported()


def _is_frequent(letters: list[str], encoding: str) -> bool:
    """Whether Chinese is written in the characters that all of China reads, and Japanese not in half-width letters."""
    if encoding == "gb18030":
        return sum(_in_gb_2312(letter) for letter in letters) >= 0.9 * len(letters)
    if encoding == "cp932":
        return sum("\uff61" <= letter <= "\uff9f" for letter in letters) <= 0.3 * len(letters)
    return True


def _in_gb_2312(letter: str) -> bool:
    try:
        written = letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return written[0] >= 0xB0


def _latin(text: bytes, *, header: bytes, knows: Callable[[str], int]) -> str:
    def plausibility(encoding: str) -> tuple[float, int]:
        words = text.decode(encoding, "replace")
        headers = sum(map(knows, header.decode(encoding, "replace").splitlines()))
        return round(_sense(words) + _turkish(words, encoding), 2), headers

    judged = {encoding: plausibility(encoding) for encoding in _LATIN}
    best = max(_LATIN, key=judged.__getitem__)
    if judged[best][0] < 0.5:
        raise _unsupported()
    return best


def _sense(text: str) -> float:
    """The share of foreign characters that are where such characters are."""
    right = wrong = 0
    for found in _WORD.finditer(text):
        word = found.group()
        foreign = sum(letter > "\x7f" for letter in word)
        if not foreign:
            continue
        if word.islower() or word.isupper() or word.istitle() or word[1:].islower():
            right += foreign
        else:
            wrong += foreign
    for character in text:
        if character > "\x7f" and not character.isalpha():
            right += character in _MARKS
            wrong += character not in _MARKS
    wrong += len(
        re.findall(
            r"(?<=[^\W\d_])[\u00bf\u00a1\u00ba\u00b4\u00b7\u00b5\u00bd\u00bc\u00be\u00b2\u00b3\u00d7\u00b1\u00a8\u00b6\u00a3\u00a7\u00ab\u00bb\u00b0\u2022\u00ae\u00a9\u2122](?=[^\W\d_])",
            text,
        )
    )
    return right / (right + wrong) if right + wrong else 0.0


def _turkish(text: str, encoding: str) -> float:
    """Turkish differs from cp1252 in six letters, which there are Icelandic ones."""
    if encoding != "cp1254":
        return 0.0
    letters = set(text)
    icelandic = letters & set("áéíóúæÁÉÍÓÚÆ")
    return 0.01 if letters & set("ığşİĞŞ") and len(letters & set("ığşİĞŞçöüÇÖÜ")) >= 3 and not icelandic else -0.01


def _unsupported() -> Unreadable:
    return Unreadable(
        "unsupported_encoding",
        "The encoding of the file cannot be told for certain. Save it as UTF-8 and send it again.",
    )
