"""From the JSON of a rule to a `Rule`, or to every reason why it is none."""

from collections.abc import Mapping
from typing import Any, Final

from winnow_scoring.companies import Kind
from winnow_scoring.condition_reader import ConditionReader
from winnow_scoring.problems import Path, Problems, RuleError, is_clean_text, is_integer, is_number, plain_number
from winnow_scoring.rules import Bounds, Criterion, Decay, DecayShape, Rule
from winnow_scoring.tiers import Tiers
from winnow_scoring.value_reader import MOST_DAYS, read_days

LONGEST_NAME: Final = 200
LONGEST_GROUP_NAME: Final = 64
LARGEST_POINTS: Final = 1_000_000
LARGEST_DEFINITION: Final = 128 * 1024

RULE_FIELDS: Final = frozenset({"name", "conditions", "tiers", "caps", "insufficient_data_above"})
CRITERION_FIELDS: Final = frozenset({"points", "group", "decay", "label"})
TIER_FIELDS: Final = frozenset({"hot", "warm", "neutral", "insufficient_data_above"})
DECAY_SHAPES: Final = frozenset(shape.value for shape in DecayShape)


def parse_rule(definition: Mapping[str, Any]) -> Rule:
    """The rule that a definition describes. Raises RuleError with all of its faults at once."""
    return _RuleReader(Problems()).rule(definition)


class _RuleReader:
    """One reading of one definition."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.conditions = ConditionReader(problems)
        self.groups: set[str] = set()

    def rule(self, written: Mapping[str, Any]) -> Rule:
        self.conditions.refuse_unknown(written, path=(), known=RULE_FIELDS)
        name = self._text(written.get("name"), path=("name",), longest=LONGEST_NAME, code="invalid_name")
        criteria = self._criteria(written.get("conditions"))
        tiers = self._tiers(written.get("tiers"))
        total, groups = self._caps(written.get("caps"))
        share = self._share(written)
        self._refuse()
        rule = Rule(name, criteria, tiers, total, groups, share)
        if len(rule.canonical()) > LARGEST_DEFINITION:
            self.problems.add(
                (), code="rule_too_large", detail=f"A rule has at most {LARGEST_DEFINITION // 1024} KiB of JSON"
            )
        self._refuse()
        return rule

    def _refuse(self) -> None:
        if self.problems.found:
            raise RuleError(tuple(self.problems.found))

    def _text(self, value: Any, *, path: Path, longest: int, code: str) -> str:
        if not is_clean_text(value) or not value.strip() or len(value) > longest:
            self.problems.add(path, code=code, detail=f"Text of 1 to {longest} characters is needed here")
            return ""
        return str(value)

    def _criteria(self, written: Any) -> tuple[Criterion, ...]:
        if not isinstance(written, list) or not written:
            self.problems.add(
                ("conditions",), code="conditions_missing", detail="A rule is a list of at least one condition"
            )
            return ()
        read = [self._criterion(criterion, path=("conditions", index)) for index, criterion in enumerate(written)]
        return tuple(criterion for criterion in read if criterion is not None)

    def _criterion(self, written: Any, *, path: Path) -> Criterion | None:
        condition = self.conditions.read(written, path=path, beside=CRITERION_FIELDS)
        if not isinstance(written, Mapping):
            return None
        points = self._points(written, path=path)
        group = written.get("group")
        if group is not None:
            group = self._text(group, path=(*path, "group"), longest=LONGEST_GROUP_NAME, code="invalid_group")
            self.groups.add(group)
        decay = self._decay(written.get("decay"), path=(*path, "decay"))
        return None if condition is None else Criterion(condition, points, group, decay)

    def _points(self, written: Mapping[str, Any], *, path: Path) -> int:
        if "points" not in written:
            self.problems.add(path, code="points_missing", detail="A condition of the rule gives points")
            return 0
        return self._whole(written["points"], path=(*path, "points"), code="invalid_points")

    def _whole(self, value: Any, *, path: Path, code: str) -> int:
        if not is_integer(value) or abs(value) > LARGEST_POINTS:
            detail = f"A whole number between -{LARGEST_POINTS} and {LARGEST_POINTS} is needed here"
            self.problems.add(path, code=code, detail=detail)
            return 0
        return int(value)

    def _decay(self, written: Any, *, path: Path) -> Decay | None:
        if written is None:
            return None
        shapes = sorted(DECAY_SHAPES.intersection(written)) if isinstance(written, Mapping) else []
        if len(shapes) != 1:
            detail = "decay is an object of an attribute and one of half_life_days and linear_days"
            self.problems.add(path, code="invalid_decay", detail=detail)
            return None
        shape = shapes[0]
        self.conditions.refuse_unknown(written, path=path, known=frozenset({"attribute", shape}))
        attribute = written.get("attribute")
        kind = self.conditions.kind_of(attribute, path=(*path, "attribute"))
        if kind not in {None, Kind.DATE, Kind.CUSTOM}:
            detail = "Points decay with the age of a date: last_funding_at, or a date of your own (custom.<name>)"
            self.problems.add((*path, "attribute"), code="attribute_not_dated", detail=detail)
        days = read_days(written[shape], least=1)
        if days is None:
            self.problems.add((*path, shape), code="invalid_decay", detail=f"A whole number of days, 1 to {MOST_DAYS}")
        return None if kind is None or days is None else Decay(attribute, DecayShape(shape), days)

    def _tiers(self, written: Any) -> Tiers:
        if written is None:
            return Tiers()
        if not isinstance(written, Mapping):
            self.problems.add(
                ("tiers",), code="wrong_type", detail="tiers is an object: the lowest score of hot, warm and neutral"
            )
            return Tiers()
        self.conditions.refuse_unknown(written, path=("tiers",), known=TIER_FIELDS)
        faults = len(self.problems.found)
        lowest = {
            name: self._whole(written[name], path=("tiers", name), code="invalid_tier")
            for name in ("hot", "warm", "neutral")
            if written.get(name) is not None
        }
        tiers = Tiers(**lowest)
        if len(self.problems.found) == faults and not tiers.hot >= tiers.warm >= tiers.neutral:
            given = f"hot is {tiers.hot}, warm {tiers.warm}, neutral {tiers.neutral} (80, 50 and 20 unless set)"
            detail = f"The scores of tiers have to fall: {given}"
            self.problems.add(("tiers",), code="tier_order", detail=detail)
        return tiers

    def _share(self, written: Mapping[str, Any]) -> float | None:
        """The share may stand on the rule or among its tiers; where it stands on both they have to agree."""
        tiers = written.get("tiers")
        among_tiers = tiers.get("insufficient_data_above") if isinstance(tiers, Mapping) else None
        on_rule = written.get("insufficient_data_above")
        if on_rule is not None and among_tiers is not None and on_rule != among_tiers:
            detail = "insufficient_data_above is given twice, with different values"
            self.problems.add(("tiers", "insufficient_data_above"), code="invalid_share", detail=detail)
        share, path = (on_rule, ()) if on_rule is not None else (among_tiers, ("tiers",))
        if share is None:
            return None
        if not is_number(share) or not 0 <= share <= 1:
            self.problems.add(
                (*path, "insufficient_data_above"), code="invalid_share", detail="A number from 0 to 1 is needed here"
            )
            return None
        return plain_number(share)

    def _caps(self, written: Any) -> tuple[Bounds, tuple[tuple[str, Bounds], ...]]:
        if written is None:
            return Bounds(), ()
        groups = written.get("groups") if isinstance(written, Mapping) else None
        if not isinstance(written, Mapping) or not isinstance(groups, (Mapping, type(None))):
            self.problems.add(
                ("caps",), code="wrong_type", detail="caps is an object: total, and groups by their names"
            )
            return Bounds(), ()
        self.conditions.refuse_unknown(written, path=("caps",), known=frozenset({"total", "groups"}))
        for name in (groups or {}).keys() - self.groups:
            detail = 'No condition counts towards this group; a condition does by "group": "<name>"'
            self.problems.add(("caps", "groups", name), code="unknown_group", detail=detail)
        total = self._bounds(written.get("total"), path=("caps", "total"))
        bounds = ((name, self._bounds(pair, path=("caps", "groups", name))) for name, pair in (groups or {}).items())
        return total, tuple(sorted(bounds, key=lambda named_bounds: named_bounds[0]))

    def _bounds(self, written: Any, *, path: Path) -> Bounds:
        if written is None:
            return Bounds()
        if not isinstance(written, list) or len(written) != 2:
            detail = "A cap is a list of two: the least and the most points, null where there is no bound"
            self.problems.add(path, code="invalid_cap", detail=detail)
            return Bounds()
        lower, upper = (
            None if bound is None else self._whole(bound, path=(*path, index), code="invalid_cap")
            for index, bound in enumerate(written)
        )
        if lower is not None and upper is not None and lower > upper:
            self.problems.add(path, code="empty_range", detail="The first number of a cap is the lower one")
            return Bounds()
        return Bounds(lower, upper)
