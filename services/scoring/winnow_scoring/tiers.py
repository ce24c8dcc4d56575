"""From a score to its tier."""

from dataclasses import dataclass
from typing import Final

INSUFFICIENT_DATA: Final = "insufficient_data"


@dataclass(frozen=True, slots=True)
class Tiers:
    """The lowest score of each tier; below `neutral` a company is cold."""

    hot: int = 80
    warm: int = 50
    neutral: int = 20

    def tier_of(self, score: int) -> str:
        """The tier of a score."""
        if score >= self.hot:
            return "hot"
        if score >= self.warm:
            return "warm"
        return "neutral" if score >= self.neutral else "cold"


DEFAULT_TIERS: Final = Tiers()
