"""Published rules that are ready to score, as of the revision of their tenant's rulebook.

A revision counts every publication and deletion of a tenant's rules, so what was found at one holds for as long as the
rulebook stays at it, and rules need not be asked for with every score.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from winnow_scoring.scored import PublishedRule

REMEMBERED: Final = 10_000

RuleKey = tuple[UUID, str | None]
"""A tenant, and the rule that it named; None for its default rule."""


class PublishedRules:
    """Remembers the rules that were used last."""

    def __init__(self, *, most: int = REMEMBERED) -> None:
        self._most = most
        self._rules: OrderedDict[RuleKey, tuple[int, PublishedRule]] = OrderedDict()

    def find(self, keys: Iterable[RuleKey], *, revisions: Mapping[UUID, int]) -> dict[RuleKey, PublishedRule]:
        """Those rules that were read at the revisions at which the tenants' rulebooks are now."""
        found = {}
        for key in keys:
            revision, rule = self._rules.get(key, (None, None))
            if rule is not None and revision == revisions.get(key[0]):
                self._rules.move_to_end(key)
                found[key] = rule
        return found

    def keep(self, rules: Mapping[RuleKey, PublishedRule], *, revisions: Mapping[UUID, int]) -> None:
        """Remember rules that were read after these revisions were."""
        for key, rule in rules.items():
            if key[0] in revisions:
                self._rules[key] = (revisions[key[0]], rule)
                self._rules.move_to_end(key)
                if len(self._rules) > self._most:
                    self._rules.popitem(last=False)
