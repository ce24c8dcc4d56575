"""The lines of a breakdown: what each factor contributed, and what it was computed from on both sides.

What is shown of customers is what their profiles say, so that everything can be checked by looking at them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import Any, Final, NamedTuple

import orjson
from winnow_contracts.similarity import Factor

from winnow_scoring.folding import fold
from winnow_scoring.similarity.factors import ATTRIBUTES, FACTORS
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import Nearest
from winnow_scoring.similarity.traits import Traits
from winnow_scoring.similarity.words import surfaces

MOST_SHOWN: Final = 5
"""Elements of a list."""

WORDED: Final = frozenset({"focus", "description"})
"""Factors of which words are shown."""

_REMEMBERED: Final = 4_096
"""The same customers are somebody's nearest again and again, and to read them takes as long as to find them."""

Profile = Mapping[str, Any]


class Portrait(NamedTuple):
    """A customer's profile, and its terms as people read them; shared, so not to be changed."""

    profile: Profile
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a factor contributed."""

    factor: Factor
    similarity: float | None
    weight: float
    contribution: float
    company: Any
    customers: Any

    @property
    def missing(self) -> bool:
        """Whether it could not be compared."""
        return self.similarity is None

    def as_json(self) -> dict[str, Any]:
        """The `FactorLine`."""
        return {
            "factor": self.factor,
            "similarity": self.similarity,
            "weight": round(self.weight, 4),
            "contribution": self.contribution,
            "company": self.company,
            "customers": self.customers,
            "missing": self.missing,
        }


def lines(
    model: Model, traits: Traits, attributes: Profile, found: Nearest | None, *, own: bool, score: float
) -> tuple[Line, ...]:
    """A line for each factor, whose contributions add up to the score exactly, in hundredths of a point."""
    near = [portrait(model.customers.profiles[place]) for place in found.places] if found is not None else []
    profiles, their_words = [each.profile for each in near], [each.words for each in near]
    words = surfaces(attributes)
    means = {factor: _mean(factor, traits, found, own=own) for factor in FACTORS}
    parts = [model.weights[factor] * _counted(means[factor], factor, found, own=own) for factor in FACTORS]
    contributions = _apportioned(round(100 * score), parts)
    return tuple(
        Line(
            factor=factor,
            similarity=None if means[factor] is None else round(float(means[factor] or 0.0), 4),
            weight=model.weights[factor],
            contribution=hundredths / 100,
            company=(
                _weightiest(words, factor, model) or None if factor in WORDED else _of_company(factor, attributes)
            ),
            customers=(
                _words_of_customers(factor, their_words, words, model)
                if factor in WORDED
                else _of_customers(factor, profiles)
            ),
        )
        for factor, hundredths in zip(FACTORS, contributions, strict=True)
    )


@lru_cache(maxsize=_REMEMBERED)
def portrait(profile: str) -> Portrait:
    """A customer as it is shown."""
    attributes = orjson.loads(profile)
    return Portrait(attributes, surfaces(attributes))


def is_compared(factor: Factor, traits: Traits, found: Nearest | None, *, own: bool) -> bool:
    """Whether the company could be compared by a factor, to the neighbours or, where it is a customer, to itself."""
    if own:
        return bool(traits.terms if factor in WORDED else getattr(traits, factor))
    return found is not None and bool(found.compared[factor].any())


def _mean(factor: Factor, traits: Traits, found: Nearest | None, *, own: bool) -> float | None:
    """How alike the company is to the neighbours that it could be compared to; None where there are none."""
    if not is_compared(factor, traits, found, own=own):
        return None
    if own or found is None:
        return 1.0
    shares = found.shares * found.compared[factor]
    return float(shares @ found.factors[factor] / shares.sum())


def _counted(mean: float | None, factor: Factor, found: Nearest | None, *, own: bool) -> float:
    """What the factor counts over all neighbours, neutral where it is missing."""
    if own or found is None:
        return mean or 0.0
    return float(found.shares @ found.factors[factor])


def _apportioned(total: int, parts: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the parts that add up to the total: largest remainders, earlier ones first."""
    whole = sum(parts)
    if whole <= 0:
        return [total if place == 0 else 0 for place in range(len(parts))]
    exact = [total * part / whole for part in parts]
    floors = [int(value) for value in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (floors[place] - exact[place], place))
    for place in by_remainder[: total - sum(floors)]:
        floors[place] += 1
    return floors


def _of_company(factor: Factor, attributes: Profile) -> Any:
    """The values of the factor's attributes: one, or an object of several."""
    known = {name: attributes[name] for name in ATTRIBUTES[factor] if attributes.get(name) not in (None, "", [])}
    if not known:
        return None
    return known if len(ATTRIBUTES[factor]) > 1 else next(iter(known.values()))


def _of_customers(factor: Factor, profiles: Sequence[Profile]) -> Any:
    """The same of the nearest customers together: medians of numbers, the commonest of everything else."""
    found = {}
    for name in ATTRIBUTES[factor]:
        values = [profile[name] for profile in profiles if profile.get(name) not in (None, "", [])]
        if values:
            found[name] = _together(values)
    if not found:
        return None
    return found if len(ATTRIBUTES[factor]) > 1 else next(iter(found.values()))


def _words_of_customers(
    factor: Factor, theirs: Sequence[Mapping[str, str]], ours: Mapping[str, str], model: Model
) -> list[str] | None:
    """The words that set the nearest customers apart, or that several of them have."""
    if factor == "focus":
        return _weightiest({term: word for each in theirs for term, word in each.items()}, factor, model) or None
    return _common_words(theirs, first=ours.keys()) or None


def _together(values: Sequence[Any]) -> Any:
    if isinstance(values[0], (int, float)):
        return round(median(values))
    if isinstance(values[0], list):
        return _commonest(element for value in values for element in dict.fromkeys(value))
    return _commonest(values)[0]


def _commonest(texts: Iterable[str]) -> list[str]:
    """The commonest first; equally common ones in the order of the alphabet."""
    counts = Counter(texts)
    return sorted(counts, key=lambda text: (-counts[text], text))[:MOST_SHOWN]


def _weightiest(words: Mapping[str, str], factor: Factor, model: Model) -> list[str]:
    """The words that say most: those that set customers apart, or the rarest."""
    vocabulary, direction = model.words.vocabulary, model.topic.direction
    weights = {
        term: float((direction if factor == "focus" else vocabulary.rarity)[place])
        for term in words
        if (place := vocabulary.places.get(term)) is not None
    }
    found = sorted((term for term in weights if weights[term] > 0), key=lambda term: (-weights[term], term))
    shown = {fold(words[term]): words[term] for term in reversed(found)}
    return list(reversed(shown.values()))[:MOST_SHOWN] or list(words.values())[:MOST_SHOWN]


def _common_words(theirs: Sequence[Mapping[str, str]], *, first: Iterable[str]) -> list[str]:
    """Words that several of them have, those of the company before others."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for words in reversed(theirs):
        counts.update(words.keys())
        shown |= words
    ours = set(first)
    common = [term for term in counts if counts[term] > 1 or term in ours]
    found = sorted(common, key=lambda term: (term not in ours, -counts[term], term))
    return list(dict.fromkeys(shown[term] for term in found))[:MOST_SHOWN]
