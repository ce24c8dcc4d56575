"""Why a score differs from the one before it, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from winnow.results.parsing import Result


class Cause(Result):
    """Everything that differs from what the score before was computed from; `first` where there was none."""

    codes: Sequence[str] = ()
    before: float | None = None
    difference: float | None = None


class AttributeChange(Result):
    """One attribute as it is and as it would have to be; `because` names the condition or factor that it changes."""

    attribute: str
    present: JsonValue = None
    needed: JsonValue = None
    because: str = ""


class Counterfactual(Result):
    """The smallest change of the company that was found to take its score to the next tier or grade.

    `target` is None where the present one is the highest. The changes say what the score hangs on, not that somebody
    could make them.
    """

    score_id: str
    kind: str = "rule"
    score: float
    present: str
    target: str | None = None
    reachable: bool = False
    changes: Sequence[AttributeChange] = ()
    new_score: float | None = None
    detail: str = ""
