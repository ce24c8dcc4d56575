"""Attributes of a company as they are written on a command line: `employees=120`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

import typer

from winnow.groups.companies import CompanyAttributes

INTEGERS = frozenset({"employees", "founded"})
NUMBERS = frozenset({"revenue", "funding_total", "confidence"})
LISTS = frozenset({"technologies", "signals", "tags"})
KNOWN_OR_NOT = frozenset({"email", "phone", "linkedin"})
CUSTOM = "custom."


def read_attributes(assignments: Iterable[str], /) -> CompanyAttributes:
    """`["employees=120", "technologies=Stripe;React", "custom.plan=gold"]` as attributes.

    Elements of lists are separated by `;`. Raises `typer.BadParameter` for what cannot be read.
    """
    attributes: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise typer.BadParameter(f"{assignment!r} is not of the form attribute=value.")
        if name.startswith(CUSTOM):
            custom[name.removeprefix(CUSTOM)] = _scalar(value)
        else:
            attributes[_known(name)] = _typed(name, value)
    if custom:
        attributes["custom"] = custom
    return cast(CompanyAttributes, attributes)


def _known(name: str) -> str:
    names = CompanyAttributes.__annotations__
    if name not in names:
        raise typer.BadParameter(
            f"{name!r} is no attribute. There are {', '.join(sorted(names))}; your own begin with {CUSTOM!r}."
        )
    return name


def _typed(name: str, value: str) -> object:
    try:
        if name in INTEGERS:
            return int(value)
        if name in NUMBERS:
            return float(value)
    except ValueError:
        raise typer.BadParameter(f"{name} is a number, {value!r} is none.") from None
    if name in LISTS:
        return [element.strip() for element in value.split(";") if element.strip()]
    if name in KNOWN_OR_NOT and value in {"true", "false"}:
        return value == "true"
    return value


def _scalar(value: str) -> object:
    """JSON where it is a number or a truth value, else text."""
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, bool | int | float) else value
