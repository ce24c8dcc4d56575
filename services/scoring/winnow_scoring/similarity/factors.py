"""What is compared, and how much each counts until customers say otherwise."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from winnow_contracts.similarity import Factor

FACTORS: Final[tuple[Factor, ...]] = (
    "industry",
    "company_size",
    "tech_stack",
    "funding",
    "growth_signals",
    "location",
    "age",
    "focus",
    "description",
)
"""In the order of a breakdown."""

CODED: Final[tuple[Factor, ...]] = ("industry", "company_size", "funding", "growth_signals", "location", "age")
"""Factors whose values are few enough to compare each of them once for all customers that have it."""

DEFAULT_WEIGHTS: Final[Mapping[Factor, float]] = MappingProxyType(
    {
        "industry": 0.24,
        "company_size": 0.13,
        "tech_stack": 0.12,
        "funding": 0.06,
        "growth_signals": 0.04,
        "location": 0.07,
        "age": 0.02,
        "focus": 0.2,
        "description": 0.12,
    }
)
"""What a sales team would say if it had to guess; they add up to 1. See `fitting` for what becomes of them."""

NAMES: Final[Mapping[Factor, str]] = MappingProxyType(
    {
        "industry": "industry",
        "company_size": "company size",
        "tech_stack": "tech stack",
        "funding": "funding",
        "growth_signals": "growth signals",
        "location": "location",
        "age": "age",
        "focus": "focus",
        "description": "description",
    }
)
"""In sentences. `focus` is what sets the customers apart from other companies; `description` is whom the company
resembles in what it says of itself."""

ATTRIBUTES: Final[Mapping[Factor, tuple[str, ...]]] = MappingProxyType(
    {
        "industry": ("industry",),
        "company_size": ("employees", "revenue"),
        "tech_stack": ("technologies",),
        "funding": ("funding_stage", "funding_total"),
        "growth_signals": ("signals",),
        "location": ("country", "region", "city"),
        "age": ("founded",),
        "focus": ("tags", "description"),
        "description": ("tags", "description"),
    }
)
"""The attributes of a profile that a factor is made of; without any of them it is missing."""

CODE_VERSION: Final = "similarity-1"
"""Changes whenever the same profiles would give another model, or the same model another score."""
