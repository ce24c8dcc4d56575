"""Which companies a tenant's customers are compared to: pure. The companies themselves are read elsewhere."""

from dataclasses import dataclass
from typing import Final, Literal

MOST_COMPANIES: Final = 4_000
"""Of a reference population: percentiles are then exact to a fortieth of a per cent."""
ENOUGH_OWN: Final = 200
"""Companies of a tenant's own that are a reference population by themselves."""
ENOUGH: Final = 100
"""The same with those of the directory; with fewer, companies are made up (`similarity.baseline`)."""
_GROWN: Final = 1.1
"""A population is drawn anew where there are a tenth more companies to draw from, or fewer."""

Name = Literal["your companies", "directory", "your companies and directory", "baseline"]


@dataclass(frozen=True, slots=True)
class Sources:
    """How many companies there are to draw from, up to `MOST_COMPANIES` of each."""

    own: int
    """Of the tenant's, those that are no customers."""
    shared: int
    """Of the directory."""

    @property
    def name(self) -> Name:
        """Which of them are the reference population."""
        if self.own >= ENOUGH_OWN:
            return "your companies"
        if self.own + self.shared < ENOUGH:
            return "baseline"
        return "directory" if not self.own else "your companies and directory" if self.shared else "your companies"

    def differ_from(self, before: "Sources") -> bool:
        """Whether a population that was drawn from those before is out of date."""
        if self.name != before.name:
            return True
        if self.name == "baseline":
            return False
        shared_counts = self.name != "your companies"
        now, then = (each.own + each.shared * shared_counts for each in (self, before))
        return max(now, then) > _GROWN * min(now, then)
