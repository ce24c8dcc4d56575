"""Why a score is what it is: lines that add up to it, the customers that it comes from, and sentences.

What is shown of customers is what their profiles say, so that everything can be checked by looking at them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import orjson
from winnow_contracts.similarity import Factor, Reference

from winnow_scoring.folding import fold
from winnow_scoring.similarity.factors import ATTRIBUTES, FACTORS, NAMES
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import Nearest
from winnow_scoring.similarity.traits import Traits
from winnow_scoring.similarity.words import TAG_PREFIX, surfaces

MOST_NEIGHBOURS: Final = 5
_MOST_SHOWN: Final = 5
"""Elements of a list."""
_ALIKE: Final = 0.6
"""From here on a size, an age or a funding is called shared."""
_UNLIKE: Final = 0.5
_HARDLY: Final = 0.1
"""Up to here nothing fits, be other companies even less alike."""
_WORTH_MENTIONING: Final = 0.01
"""The weight of a factor that does not fit."""

_SHARED_ELEMENTS: Final = frozenset({"tech_stack", "growth_signals", "description"})
"""Factors of which only what both sides have is worth a word."""

Profile = Mapping[str, Any]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One of the nearest customers."""

    domain: str
    name: str | None
    similarity: float
    shared: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The `SimilarCustomer`."""
        return {
            "domain": self.domain,
            "name": self.name,
            "similarity": self.similarity,
            "shared_attributes": self.shared,
        }


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


def lines(
    model: Model, traits: Traits, attributes: Profile, found: Nearest | None, *, own: bool, score: float
) -> tuple[Line, ...]:
    """A line for each factor, whose contributions add up to the score exactly, in hundredths of a point."""
    profiles = [orjson.loads(model.customers.profiles[place]) for place in found.places] if found is not None else []
    means = {factor: _mean(factor, traits, found, own=own) for factor in FACTORS}
    parts = [model.weights[factor] * _counted(means[factor], factor, found, own=own) for factor in FACTORS]
    contributions = _apportioned(round(100 * score), parts)
    return tuple(
        Line(
            factor=factor,
            similarity=None if means[factor] is None else round(float(means[factor] or 0.0), 4),
            weight=model.weights[factor],
            contribution=hundredths / 100,
            company=_of_company(factor, attributes, model),
            customers=_of_customers(factor, profiles, attributes, model),
        )
        for factor, hundredths in zip(FACTORS, contributions, strict=True)
    )


def neighbours(model: Model, attributes: Profile, found: Nearest | None) -> tuple[Neighbour, ...]:
    """The nearest customers with what they share with the company."""
    if found is None:
        return ()
    near = []
    for row, place in enumerate(found.places[:MOST_NEIGHBOURS].tolist()):
        profile = orjson.loads(model.customers.profiles[place])
        alike = {factor: float(found.factors[factor][row]) for factor in FACTORS if found.compared[factor][row]}
        near.append(
            Neighbour(
                domain=model.customers.domains[place],
                name=profile.get("name"),
                similarity=model.calibration.score(float(found.similarities[row])),
                shared=tuple(_shared(attributes, profile, alike)),
            )
        )
    return tuple(near)


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


def _mean(factor: Factor, traits: Traits, found: Nearest | None, *, own: bool) -> float | None:
    """How alike the company is to the neighbours that it could be compared to; None where there are none."""
    if own:
        has = traits.terms if factor in {"focus", "description"} else getattr(traits, factor)
        return 1.0 if has else None
    if found is None or not found.compared[factor].any():
        return None
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


def _of_company(factor: Factor, attributes: Profile, model: Model) -> Any:
    """The values of the factor's attributes: one, an object of several, or the words that count most."""
    if factor in {"focus", "description"}:
        return _weightiest(surfaces(attributes), factor, model) or None
    known = {name: attributes[name] for name in ATTRIBUTES[factor] if attributes.get(name) not in (None, "", [])}
    if not known:
        return None
    return known if len(ATTRIBUTES[factor]) > 1 else next(iter(known.values()))


def _of_customers(factor: Factor, profiles: Sequence[Profile], attributes: Profile, model: Model) -> Any:
    """The same of the nearest customers together: medians of numbers, the commonest of everything else."""
    if factor == "focus":
        return (
            _weightiest({term: word for each in profiles for term, word in surfaces(each).items()}, factor, model)
            or None
        )
    if factor == "description":
        return _common_words(profiles, first=surfaces(attributes).keys()) or None
    found = {}
    for name in ATTRIBUTES[factor]:
        values = [profile[name] for profile in profiles if profile.get(name) not in (None, "", [])]
        if values:
            found[name] = _together(values)
    if not found:
        return None
    return found if len(ATTRIBUTES[factor]) > 1 else next(iter(found.values()))


def _together(values: Sequence[Any]) -> Any:
    if isinstance(values[0], (int, float)):
        middle = median(values)
        return int(middle) if float(middle).is_integer() else round(middle, 2)
    if isinstance(values[0], list):
        return _commonest(element for value in values for element in dict.fromkeys(value))
    return _commonest(values)[0]


def _commonest(texts: Iterable[str]) -> list[str]:
    """The commonest first; equally common ones in the order of the alphabet."""
    counts = Counter(texts)
    return sorted(counts, key=lambda text: (-counts[text], text))[:_MOST_SHOWN]


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
    return list(reversed(shown.values()))[:_MOST_SHOWN] or list(words.values())[:_MOST_SHOWN]


def _common_words(profiles: Sequence[Profile], *, first: Iterable[str]) -> list[str]:
    """Words that several of them have, those of the company before others."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for profile in profiles:
        for term, surface in surfaces(profile).items():
            counts[term] += 1
            shown.setdefault(term, surface)
    ours = set(first)
    found = sorted(counts, key=lambda term: (term not in ours, -counts[term], term))
    return list(dict.fromkeys(shown[term] for term in found if counts[term] > 1 or term in ours))[:_MOST_SHOWN]


def _shared(company: Profile, customer: Profile, alike: Mapping[Factor, float]) -> Iterable[str]:
    """What both have, in words."""
    for name, label in (("industry", "Industry"), ("country", "Country"), ("city", "City")):
        if company.get(name) and fold(company[name]) == fold(customer.get(name) or ""):
            yield f"{label}: {company[name]}"
    if "industry" in alike and alike["industry"] >= 0.5 and fold(company["industry"]) != fold(customer["industry"]):
        yield f"Related industry: {customer['industry']}"
    if alike.get("company_size", 0) >= _ALIKE and company.get("employees") and customer.get("employees"):
        yield f"Similar size: {company['employees']:,} and {customer['employees']:,} employees"
    if alike.get("funding", 0) >= _ALIKE and company.get("funding_stage") and customer.get("funding_stage"):
        yield f"Funding: {customer['funding_stage']}"
    for name, label in (("technologies", "Uses"), ("signals", "Signal:"), ("tags", "Tags:")):
        both = _in_both(company.get(name), customer.get(name))
        if both:
            yield f"{label} {', '.join(both[:_MOST_SHOWN])}"
    ours, theirs = surfaces(company), surfaces(customer)
    words = [surface for term, surface in theirs.items() if term in ours and not term.startswith(TAG_PREFIX)]
    if words:
        yield f"Words: {', '.join(words[:_MOST_SHOWN])}"


def _in_both(one: Sequence[str] | None, other: Sequence[str] | None) -> list[str]:
    known = {fold(element) for element in other or ()}
    return [element for element in one or () if fold(element) in known]
