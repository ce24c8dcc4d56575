"""From raw similarity to a score that means the same for every tenant.

Customers of one tenant are much alike, those of another are not, so that a raw similarity of .6 is little here and
much there. The score is piecewise linear between anchors that each tenant has: the median of the reference population
is 20, the median of the tenant's own customers, each compared to the others, is 80; nothing in common is 0, and to be
a customer oneself is 100. What is more similar never scores less.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from winnow_contracts.similarity import Grade

from winnow_scoring.similarity.kernels import Floats, settled

TYPICAL_COMPANY: Final = 20.0
TYPICAL_CUSTOMER: Final = 80.0

_LEAST_GAP: Final = 0.05
"""Of the way from the typical company to 1 that the typical customer is at least, where customers are no more alike
than anybody else."""
_FEW_CUSTOMERS_GAP: Final = 0.5
"""The same where a customer has no others that it could be compared to."""

_GRADES: Final[tuple[tuple[float, Grade], ...]] = ((90, "A"), (75, "B"), (50, "C"), (25, "D"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The anchors of one tenant, and how similar the companies of the reference population are."""

    company: float
    """The raw similarity of a typical company."""
    customer: float
    """That of a typical customer to the others."""
    population: Floats
    """The raw similarities of the reference population, in order."""

    @classmethod
    def of(cls, *, customers: Floats, population: Floats) -> "Calibration":
        """The calibration for these raw similarities."""
        company = float(np.clip(np.median(population), 0.001, 0.9)) if len(population) else 0.3
        gap = 1 - company
        found = float(np.median(customers)) if len(customers) else company + _FEW_CUSTOMERS_GAP * gap
        customer = min(max(found, company + _LEAST_GAP * gap), 0.98)
        return cls(company=company, customer=customer, population=np.sort(settled(population)))

    def score(self, raw: float) -> float:
        """0 to 100, to two decimals."""
        anchors = (0.0, self.company, self.customer, 1.0)
        return round(float(np.interp(raw, anchors, (0.0, TYPICAL_COMPANY, TYPICAL_CUSTOMER, 100.0))), 2)

    def percentile(self, raw: float) -> float:
        """The share of the reference population that is less similar, in per cent to one decimal; ties count half."""
        if not len(self.population):
            return 50.0
        sought = settled(np.array([raw]))[0]
        below = int(np.searchsorted(self.population, sought, side="left"))
        to = int(np.searchsorted(self.population, sought, side="right"))
        return round(50 * (below + to) / len(self.population), 1)


def grade_of(percentile: float) -> Grade:
    """A from 90, B from 75, C from 50, D from 25, else F."""
    return next((grade for least, grade in _GRADES if percentile >= least), "F")
