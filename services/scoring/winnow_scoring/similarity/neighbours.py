"""The customers that a company resembles most, with what it shares with each of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from winnow_contracts.similarity import Factor

from winnow_scoring.folding import fold
from winnow_scoring.similarity.factors import FACTORS
from winnow_scoring.similarity.lines import MOST_SHOWN, Portrait, Profile, portrait
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import Nearest
from winnow_scoring.similarity.words import TAG_PREFIX, surfaces

MOST_NEIGHBOURS: Final = 5
_ALIKE: Final = 0.6
"""From here on a size, an age or a funding is called shared."""


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


def neighbours(model: Model, attributes: Profile, found: Nearest | None) -> tuple[Neighbour, ...]:
    """The nearest customers with what they share with the company."""
    if found is None:
        return ()
    near, words = [], surfaces(attributes)
    for row, place in enumerate(found.places[:MOST_NEIGHBOURS].tolist()):
        near_by = portrait(model.customers.profiles[place])
        profile = near_by.profile
        alike = {factor: float(found.factors[factor][row]) for factor in FACTORS if found.compared[factor][row]}
        near.append(
            Neighbour(
                domain=model.customers.domains[place],
                name=profile.get("name"),
                similarity=model.calibration.score(float(found.similarities[row])),
                shared=tuple(_shared(attributes, near_by, words, alike)),
            )
        )
    return tuple(near)


def _shared(
    company: Profile, near_by: Portrait, words: Mapping[str, str], alike: Mapping[Factor, float]
) -> Iterable[str]:
    """What both have, in words; `words` are the company's."""
    customer = near_by.profile
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
            yield f"{label} {', '.join(both[:MOST_SHOWN])}"
    common = [surface for term, surface in near_by.words.items() if term in words and not term.startswith(TAG_PREFIX)]
    if common:
        yield f"Words: {', '.join(common[:MOST_SHOWN])}"


def _in_both(one: Sequence[str] | None, other: Sequence[str] | None) -> list[str]:
    known = {fold(element) for element in other or ()}
    return [element for element in one or () if fold(element) in known]
