"""What else there is to say of a score: why it differs from the one before, and what would change it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from winnow_contracts.topic import Kind, MessageType

CauseCode = Literal[
    "first", "unchanged", "company_changed", "rule_changed", "model_changed", "code_changed", "time_passed"
]


class Cause(BaseModel):
    """Why a score is not what the one before it was: the same domain, and the same rule or similarity."""

    codes: list[CauseCode]
    """Everything that differs in what it was computed from; `first` where there was none before."""
    before: float | None
    """The score before."""
    difference: float | None


class GetCounterfactual(BaseModel):
    """The smallest change of the company that would take a score to the next tier or grade."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class AttributeChange(BaseModel):
    """One attribute as it is, and as it would have to be."""

    attribute: str
    present: JsonValue
    needed: JsonValue
    because: Annotated[str, Field(description="The condition or factor that this changes.")]


class Counterfactual(BaseModel):
    """What would have to be otherwise: it was computed with these changes, and came out as it says.

    The changes say what the score hangs on, not that somebody could make them.
    """

    score_id: str
    kind: Literal["rule", "similarity"]
    score: float
    present: Annotated[str, Field(description="The tier or grade.")]
    target: Annotated[str | None, Field(description="The next one; null where this is the highest.")]
    reachable: bool
    """Whether changes of at most three attributes were found that reach the target."""
    changes: list[AttributeChange]
    new_score: float | None
    detail: str


COUNTERFACTUAL = MessageType("scores.counterfactual", GetCounterfactual, Kind.READ)
