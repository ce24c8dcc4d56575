"""What is compared of a company: its traits, read out of its profile. None, or empty, where the profile says nothing.

Numbers that span magnitudes are kept as steps of a twentieth of a decade (12 %): finer differences say nothing about
how alike two companies are, and so few values can be compared once for all customers that share them.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from winnow_scoring.folding import fold
from winnow_scoring.similarity.industries import Industry, industry_of
from winnow_scoring.similarity.places import country
from winnow_scoring.similarity.words import terms_of

STEPS: Final = 20
"""Steps in a decade."""

_STAGES: Final = (
    ("pre seed", "preseed", "angel", "bootstrapped", "idea"),
    ("seed", "early", "early stage", "accelerator"),
    ("series a", "a"),
    ("series b", "b", "growth", "growth stage", "venture"),
    ("series c", "c"),
    ("series d", "d", "late", "late stage", "expansion"),
    ("series e", "e", "series f", "f", "series g", "series h", "private equity", "mezzanine"),
    ("ipo", "public", "post ipo", "listed"),
)
_STAGE_OF: Final = {name: place for place, names in enumerate(_STAGES) for name in names}
_SPACES: Final = re.compile(r"[\s_-]+")


class Size(NamedTuple):
    """Employees and revenue a year, each as steps of its logarithm."""

    employees: int | None
    revenue: int | None


class Funding(NamedTuple):
    """The stage as its place in the usual order; the total as steps of its logarithm."""

    stage: int | None
    total: int | None


class Location(NamedTuple):
    """Country by its code, region and city as text."""

    country: str | None
    region: str | None
    city: str | None


class Traits(NamedTuple):
    """A company as it is compared."""

    industry: Industry | None
    company_size: Size | None
    tech_stack: frozenset[str]
    funding: Funding | None
    growth_signals: frozenset[str]
    location: Location | None
    age: int | None
    """The year of its foundation."""
    terms: Mapping[str, float]

    @property
    def is_unknown(self) -> bool:
        """Whether there is nothing to compare."""
        return self == _NOTHING


def traits_of(attributes: Mapping[str, Any]) -> Traits:
    """The traits in the attributes of a profile, as `CompanyAttributes.profile` gives them."""
    industry = attributes.get("industry")
    return Traits(
        industry=industry_of(industry) if industry else None,
        company_size=_known(Size(steps(attributes.get("employees")), steps(attributes.get("revenue")))),
        tech_stack=_elements(attributes.get("technologies")),
        funding=_known(Funding(_stage(attributes.get("funding_stage")), steps(attributes.get("funding_total")))),
        growth_signals=_elements(attributes.get("signals")),
        location=_known(_location(attributes)),
        age=attributes.get("founded"),
        terms=terms_of(attributes),
    )


def steps(number: float | None) -> int | None:
    """A positive number as steps of its decimal logarithm; nought, and less than one, is the first step."""
    return None if number is None else round(STEPS * math.log10(max(number, 1)))


def _stage(text: str | None) -> int | None:
    """None, too, for a stage that has no place in the order."""
    return _STAGE_OF.get(_SPACES.sub(" ", fold(text))) if text else None


def _location(attributes: Mapping[str, Any]) -> Location:
    named = attributes.get("country")
    return Location(
        country(named) if named else None,
        fold(attributes.get("region") or "") or None,
        fold(attributes.get("city") or "") or None,
    )


def _elements(texts: Any) -> frozenset[str]:
    return frozenset([folded for text in texts or () if (folded := fold(text))])


def _known(trait: Any) -> Any:
    return None if all(part is None for part in trait) else trait


_NOTHING: Final = traits_of({})
