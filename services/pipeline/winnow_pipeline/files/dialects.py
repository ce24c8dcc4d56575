"""How a file of characters parts its cells: the dialect under which its records are most alike and longest."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from winnow_pipeline.files.records import Dialect, cells_of

_DELIMITERS: Final = (",", ";", "\t", "|", "\x1f", "^", "~", ":")
_SAMPLE: Final = 300


def dialect_of(texts: Sequence[str], *, declared: str | None = None) -> Dialect:
    """The dialect of some lines; `declared` is the delimiter that a `sep=` line names."""
    lines = [text for text in texts if text.strip()][:_SAMPLE]
    best, best_score = Dialect(declared or ","), -1.0
    for delimiter in [declared] if declared else _DELIMITERS:
        if not any(delimiter in line for line in lines):
            continue
        for quote in ('"', "'"):
            if quote == "'" and not _is_quoting(lines, quote, delimiter):
                continue
            dialect = Dialect(
                delimiter,
                quote,
                escape="\\" if _is_escaped(lines, quote) else None,
                skip_space=_has_spaced_quotes(lines, quote, delimiter),
            )
            score = _score(cells_of(lines, dialect), quote)
            if score > best_score + 1e-9:
                best, best_score = dialect, score
    return best


def _score(records: Sequence[Sequence[str]], quote: str) -> float:
    """The share of records that are as long as most are, by that length; a clean cell counts more than a ragged one."""
    lengths = Counter(len(record) for record in records if len(record) > 1)
    if not lengths:
        return 0.0
    length, alike = max(lengths.items(), key=lambda item: (item[1], item[0]))
    share = alike / len(records)
    stray = sum(cell.startswith(quote) or cell.endswith(quote) for record in records for cell in record)
    return share * (2 - 1 / length) - 0.1 * min(1.0, stray / (len(records) * length))


def _is_quoting(lines: Sequence[str], quote: str, delimiter: str) -> bool:
    """Whether cells begin and end with it, more than a name like O'Brien would."""
    found = sum(line.startswith(quote) or f"{delimiter}{quote}" in line for line in lines)
    return found >= max(2, len(lines) // 3)


def _is_escaped(lines: Sequence[str], quote: str) -> bool:
    escaped = sum(f"\\{quote}" in line for line in lines)
    doubled = sum(quote * 2 in line.replace(f"{quote}{quote}{quote}", "") for line in lines)
    return escaped > 0 and doubled == 0


def _has_spaced_quotes(lines: Sequence[str], quote: str, delimiter: str) -> bool:
    return any(f"{delimiter} {quote}" in line for line in lines)
