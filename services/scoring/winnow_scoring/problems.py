"""What is wrong with a rule: every fault at once, each with its place and a stable code."""

from dataclasses import dataclass, field
from typing import Final

Path = tuple[str | int, ...]

LARGEST_NUMBER: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One fault: where it is (JSON pointer into the definition), which it is, and what would be right."""

    pointer: str
    code: str
    detail: str


class RuleError(ValueError):
    """The rule cannot be compiled; `errors` says why, in the order of the definition."""

    def __init__(self, errors: tuple[RuleProblem, ...]) -> None:
        super().__init__("; ".join(f"{error.pointer or '/'}: {error.detail}" for error in errors))
        self.errors = errors


@dataclass(slots=True)
class Problems:
    """The faults found so far."""

    found: list[RuleProblem] = field(default_factory=list)

    def add(self, path: Path, *, code: str, detail: str) -> None:
        """Note a fault at `path`, the keys and indexes that lead to it."""
        self.found.append(RuleProblem(pointer_to(path), code, detail))


def pointer_to(path: Path) -> str:
    """The JSON pointer (RFC 6901) of a path; lone surrogates are replaced, so that it can be written as UTF-8."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts).encode("utf-8", "replace").decode()


def is_integer(value: object) -> bool:
    """Whether a JSON value is a whole number as JSON Schema has it: 5 and 5.0, but not true."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def is_number(value: object) -> bool:
    """Whether a JSON value is a finite number small enough to be exact everywhere."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def plain_number(value: int | float) -> int | float:
    """5.0 as 5, so that two spellings of one number are one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_clean_text(value: object) -> bool:
    """Whether a value is text that PostgreSQL and UTF-8 can hold: no NUL, no lone surrogates."""
    if not isinstance(value, str) or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
