"""Compiled rules by their hash: compiling takes a thousand times as long as scoring, and most scores are by few rules."""

from collections import OrderedDict
from typing import Final

import orjson

from winnow_scoring.compiler import CompiledRule, compile_rule
from winnow_scoring.rulebook import read_rule

REMEMBERED: Final = 2_000


class CompiledRules:
    """Remembers the rules that were used last."""

    def __init__(self, *, most: int = REMEMBERED) -> None:
        self._most = most
        self._rules: OrderedDict[str, CompiledRule] = OrderedDict()

    def find(self, hash: str) -> CompiledRule | None:
        """The rule of that hash, if it is remembered."""
        rule = self._rules.get(hash)
        if rule is not None:
            self._rules.move_to_end(hash)
        return rule

    def compile(self, hash: str, *, definition: str) -> CompiledRule:
        """The rule of that hash, compiled from its definition if need be."""
        rule = self.find(hash)
        if rule is None:
            rule = self._rules[hash] = compile_rule(read_rule(orjson.loads(definition)))
            if len(self._rules) > self._most:
                self._rules.popitem(last=False)
        return rule
