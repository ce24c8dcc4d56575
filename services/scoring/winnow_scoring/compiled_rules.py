"""Compiled rules by their hash, with what they have said.

Compiling takes a thousand times as long as scoring, and most scores are by few rules.
"""

from collections import OrderedDict
from typing import Final

import orjson

from winnow_scoring.compiler import compile_rule
from winnow_scoring.rulebook import read_rule
from winnow_scoring.scored import Verdicts

REMEMBERED: Final = 1_000


class CompiledRules:
    """Remembers the rules that were used last."""

    def __init__(self, *, most: int = REMEMBERED) -> None:
        self._most = most
        self._rules: OrderedDict[str, Verdicts] = OrderedDict()

    def find(self, rule_hash: str) -> Verdicts | None:
        """The rule of that hash, if it is remembered."""
        rule = self._rules.get(rule_hash)
        if rule is not None:
            self._rules.move_to_end(rule_hash)
        return rule

    def compile(self, rule_hash: str, *, definition: str) -> Verdicts:
        """The rule of that hash, compiled from its definition if need be."""
        rule = self.find(rule_hash)
        if rule is None:
            rule = self._rules[rule_hash] = Verdicts(compile_rule(read_rule(orjson.loads(definition))))
            if len(self._rules) > self._most:
                self._rules.popitem(last=False)
        return rule
