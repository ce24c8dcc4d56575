"""A tenant's rules as they are kept: sound definitions in versions, and the starter rule, which is there unkept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson

from winnow_scoring.problems import RuleError, RuleProblem
from winnow_scoring.rule_reader import parse_rule
from winnow_scoring.rules import Rule, rule_hash
from winnow_scoring.starter import STARTER_DEFINITION

STARTER_ID: Final = "sr_starter"
STARTER_VERSION: Final = 1
"""Counts changes of the starter rule; scores name it."""

_DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition that compiles, as it was sent, and what is read out of it."""

    rule: Rule
    definition: str
    hash: str
    wants_default: bool
    """Whether it is to score where requests name no rule."""

    @property
    def name(self) -> str:
        """What people call the rule."""
        return self.rule.name


def read_draft(definition: Mapping[str, Any]) -> Draft:
    """A draft of a definition. Raises `RuleError` with all that is wrong with it."""
    wants_default = definition.get(_DEFAULT)
    if wants_default is not None and not isinstance(wants_default, bool):
        raise RuleError((RuleProblem("/default", "invalid_default", "default is true or false"),))
    rule = read_rule(definition)
    return Draft(rule, orjson.dumps(definition).decode(), rule_hash(rule), wants_default is True)


def read_rule(definition: Mapping[str, Any]) -> Rule:
    """The rule in a definition. Raises `RuleError`."""
    return parse_rule({name: value for name, value in definition.items() if name != _DEFAULT})


@cache
def starter() -> Draft:
    """The rule that every tenant begins with."""
    return read_draft(STARTER_DEFINITION)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule."""

    rule_id: str
    version: int
    name: str
    definition: str
    hash: str
    created_at: datetime | None
    published_at: datetime | None

    def status(self, published: int | None) -> str:
        """draft, published or superseded, given which version scores."""
        if self.version == published:
            return "published"
        return "draft" if self.published_at is None else "superseded"


def starter_version() -> Version:
    """The starter rule as a version."""
    draft = starter()
    return Version(STARTER_ID, STARTER_VERSION, draft.name, draft.definition, draft.hash, None, None)
