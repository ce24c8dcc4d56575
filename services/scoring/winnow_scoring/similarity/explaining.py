"""Why a score is what it is, in two or three plain sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from winnow_contracts.similarity import Factor, Reference

from winnow_scoring.folding import fold
from winnow_scoring.similarity.factors import NAMES
from winnow_scoring.similarity.lines import Line
from winnow_scoring.similarity.neighbours import Neighbour

_UNLIKE: Final = 0.5
_HARDLY: Final = 0.1
"""Up to here nothing fits, be other companies even less alike."""
_WORTH_MENTIONING: Final = 0.01
"""The weight of a factor that does not fit."""

_SHARED_ELEMENTS: Final = frozenset({"tech_stack", "growth_signals", "description"})
"""Factors of which only what both sides have is worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What there is to tell."""

    name: str
    score: float
    percentile: float
    reference: Reference
    own: float | None
    """What a customer would score if it were none."""
    is_customer: bool
    lines: tuple[Line, ...]
    neighbours: tuple[Neighbour, ...]
    neutral: Mapping[Factor, float]


def explanation(story: Story) -> str:
    """Two or three plain sentences: how similar, what fits, what does not and what is unknown."""
    return " ".join(part for part in (_how_similar(story), _what_fits(story), _what_does_not(story)) if part)


def _how_similar(story: Story) -> str:
    if story.is_customer:
        alone = "" if story.own is None else f"; compared to the others it would score {story.own:.0f}"
        return f"{story.name} is one of your customers, and scores 100 for that{alone}."
    among = {
        "your companies": "of your other companies",
        "directory": "of the companies in the directory",
        "your companies and directory": "of your other companies and those in the directory",
        "baseline": "of a made-up cross-section of companies",
    }[story.reference.name]
    nearest = _listed([each.name or each.domain for each in story.neighbours[:2]])
    like = f" and resembles {nearest} most" if nearest else ""
    share = min(99, int(story.percentile))
    return f"{story.name} is more like your customers than {share} % {among}{like}."


def _what_fits(story: Story) -> str:
    """The factors that raise the score above that of an average company, the weightiest first."""
    fitting = sorted(
        (
            line
            for line in story.lines
            if line.similarity is not None and line.similarity > max(story.neutral[line.factor], _HARDLY)
        ),
        key=lambda line: line.weight * (story.neutral[line.factor] - float(line.similarity or 0)),
    )[:3]
    if not fitting:
        return "Nothing that is known fits better than in an average company."
    return f"What fits: {_listed([_described(line) for line in fitting])}."


def _what_does_not(story: Story) -> str:
    unlike = sorted(
        (
            line
            for line in story.lines
            if line.similarity is not None
            and line.similarity <= min(story.neutral[line.factor], _UNLIKE)
            and line.weight >= _WORTH_MENTIONING
        ),
        key=lambda line: line.weight * (float(line.similarity or 0) - story.neutral[line.factor]),
    )[:2]
    unknown = [NAMES[line.factor] for line in story.lines if line.missing and line.company is None and line.weight > 0]
    unknown = list(dict.fromkeys(unknown))
    parts = []
    if unlike:
        parts.append(f"what does not: {_listed([_contrasted(line) for line in unlike])}")
    if unknown:
        parts.append(f"not known: {_listed(unknown)}")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _described(line: Line) -> str:
    value = _words(_common(line) if line.factor in _SHARED_ELEMENTS else line.company)
    return f"{NAMES[line.factor]} ({value})" if value else NAMES[line.factor]


def _contrasted(line: Line) -> str:
    theirs, ours = _words(line.customers), _words(line.company)
    return f"{NAMES[line.factor]} ({ours}; theirs: {theirs})" if theirs and ours else NAMES[line.factor]


def _common(line: Line) -> Any:
    theirs = {fold(element) for element in line.customers or ()}
    return [element for element in line.company or () if fold(element) in theirs] or line.company


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(element) for element in value[:3])
    if isinstance(value, dict):
        return ", ".join(_measured(name, each) for name, each in value.items())
    return str(value)


def _measured(name: str, value: Any) -> str:
    return f"{value:,} {name.replace('_', ' ')}" if isinstance(value, (int, float)) else str(value)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
