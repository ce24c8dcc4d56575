"""A scoring rule as the API takes it.

The models say which fields there are, of which types and sizes. What goes beyond that (operators that fit the
attribute, patterns that compile, ranges that are not empty) is for the scoring service to say when it compiles the
rule.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from winnow_contracts.companies import CUSTOM_NAME, LARGEST_NUMBER, WITHOUT_NUL, CompanyAttributes, plain_number

MOST_CONDITIONS: Final = 200
DEEPEST_GROUP: Final = 8
MOST_VALUES: Final = 1_000
LARGEST_POINTS: Final = 1_000_000
MOST_DAYS: Final = 36_500

CONTACT_ATTRIBUTES: Final = (
    "contact.seniority",
    "contact.function",
    "contact.email_status",
    "contact.phone_status",
    "contact.linkedin",
)
"""What is known of a lead's contact; a company has none of these."""

RULE_ATTRIBUTES: Final = (*(name for name in CompanyAttributes.model_fields if name != "custom"), *CONTACT_ATTRIBUTES)

_ATTRIBUTE: Final = "|".join(name.replace(".", r"\.") for name in RULE_ATTRIBUTES)
_TEXT: Final = TypeAdapter(
    Annotated[str, StringConstraints(strict=True, min_length=1, max_length=1_000, pattern=WITHOUT_NUL)]
)
_TEXT_SCHEMA: Final[JsonDict] = {"type": "string", "minLength": 1, "maxLength": 1_000, "pattern": WITHOUT_NUL}
_NUMBER_SCHEMA: Final[JsonDict] = {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}


class RuleOperator(StrEnum):
    """How an attribute is compared with the value."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    USES = "uses"
    HAS = "has"
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    BETWEEN = "between"
    MATCHES = "matches"
    WITHIN_DAYS = "within_days"


def _value(given: Any) -> Any:
    if isinstance(given, list):
        if not 1 <= len(given) <= MOST_VALUES:
            raise PydanticCustomError("value_length", "Input should be a list of 1 to 1000 values")
        return [_single_value(element) for element in given]
    return given if isinstance(given, bool) else _single_value(given)


def _single_value(given: Any) -> str | int | float:
    return _TEXT.validate_python(given) if isinstance(given, str) else plain_number(given)


Attribute = Annotated[
    str,
    StringConstraints(strict=True, pattern=rf"^(?:{_ATTRIBUTE}|custom\.{CUSTOM_NAME})$"),
    Field(description="An attribute of the company, or `custom.<name>`.", examples=["industry"]),
]
Value = Annotated[
    str | int | float | bool | list[str | int | float],
    PlainValidator(_value),
    WithJsonSchema(
        {
            "anyOf": [
                _TEXT_SCHEMA,
                _NUMBER_SCHEMA,
                {"type": "boolean"},
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_VALUES,
                    "items": {"anyOf": [_TEXT_SCHEMA, _NUMBER_SCHEMA]},
                },
            ]
        }
    ),
    Field(
        description="What the attribute is compared with: none for `has`, a list for `in` and `not_in`, both ends for "
        "`between`, days for `within_days`, a regular expression (RE2) for `matches`.",
        examples=["Technology"],
    ),
]
Label = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=WITHOUT_NUL)]
Group = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64, pattern=WITHOUT_NUL)]
Points = Annotated[int, Field(ge=-LARGEST_POINTS, le=LARGEST_POINTS, examples=[25]), BeforeValidator(plain_number)]
Days = Annotated[int, Field(ge=1, le=MOST_DAYS, examples=[90]), BeforeValidator(plain_number)]
Share = Annotated[
    int | float,
    PlainValidator(plain_number),
    Field(
        ge=0, le=1, description="The tier is `insufficient_data` where more than this share of the points is missing."
    ),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Cap = Annotated[
    list[Points | None],
    Field(
        min_length=2, max_length=2, description="The least and the most points; null for no bound.", examples=[[0, 100]]
    ),
]
Members = Annotated[list["Condition"], Field(min_length=1, max_length=MOST_CONDITIONS)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Written):
    """A comparison (attribute, operator and mostly a value) or a group of conditions: any, all or none of them hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "required": ["attribute", "operator"],
                    "properties": {"attribute": {"type": "string"}, "operator": {"type": "string"}},
                },
                {"required": ["any"], "properties": {"any": {"type": "array"}}},
                {"required": ["all"], "properties": {"all": {"type": "array"}}},
                {"required": ["none"], "properties": {"none": {"type": "array"}}},
            ]
        }
    )

    attribute: Attribute | None = None
    operator: RuleOperator | None = None
    value: Value | None = None
    any: Members | None = None
    all: Members | None = None
    none: Members | None = None
    label: Annotated[Label | None, Field(description="Made from the condition unless given.")] = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        kinds = [kind for kind in (self.attribute, self.any, self.all, self.none) if kind is not None]
        if len(kinds) != 1:
            raise PydanticCustomError("condition_kind", "A condition has one of attribute, any, all and none")
        if (self.attribute is None) is not (self.operator is None) or (
            self.attribute is None and self.value is not None
        ):
            raise PydanticCustomError(
                "condition_kind", "An attribute goes with an operator, and a value only with them"
            )
        return self


class Decay(_Written):
    """The points fade with the days since a date: halved every so many, or evenly to nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [shape], "properties": {shape: {"type": "integer"}}}
                for shape in ("half_life_days", "linear_days")
            ]
        }
    )

    attribute: Annotated[Attribute, Field(description="`last_funding_at`, or a date of your own.")]
    half_life_days: Days | None = None
    linear_days: Days | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.half_life_days is None) is (self.linear_days is None):
            raise PydanticCustomError("decay_shape", "Decay has one of half_life_days and linear_days")
        return self


class Criterion(Condition):
    """A condition and the points that it gives."""

    points: Points
    group: Annotated[Group | None, Field(description="The cap that the points count towards.")] = None
    decay: Decay | None = None


class Tiers(_Written):
    """The lowest score of each tier, in falling order; below `neutral` a company is cold."""

    hot: Annotated[Points | None, Field(examples=[80])] = None
    warm: Annotated[Points | None, Field(examples=[50])] = None
    neutral: Annotated[Points | None, Field(examples=[20])] = None
    insufficient_data_above: Share | None = None


class Caps(_Written):
    """Bounds on the whole score and on groups of conditions; there are none unless given."""

    total: Cap | None = None
    groups: Annotated[dict[Group, Cap] | None, Field(max_length=MOST_CONDITIONS)] = None


class RuleDefinition(_Written):
    """A scoring rule. At most 200 conditions in all, groups at most 8 deep, 128 KiB of JSON."""

    name: Annotated[
        str,
        StringConstraints(strict=True, min_length=1, max_length=200, pattern=WITHOUT_NUL),
        Field(examples=["ICP Score"]),
    ]
    conditions: Annotated[list[Criterion], Field(min_length=1, max_length=MOST_CONDITIONS)]
    tiers: Tiers | None = None
    caps: Caps | None = None
    insufficient_data_above: Share | None = None
    default: Annotated[
        StrictBool | None, Field(description="Score by this rule where a request names none, once it is published.")
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, given: Any) -> Any:
        """Count conditions and depth before anything recursive looks at them."""
        level = given.get("conditions") if isinstance(given, Mapping) else None
        depth = total = 0
        while isinstance(level, list) and level:
            total += len(level)
            if total > MOST_CONDITIONS:
                raise PydanticCustomError(
                    "too_many_conditions", "A rule has at most 200 conditions, members of groups included"
                )
            if depth > DEEPEST_GROUP:
                raise PydanticCustomError("too_deep", "Groups go at most 8 deep")
            level = [member for condition in level for member in _members(condition)]
            depth += 1
        return given

    def definition(self) -> dict[str, Any]:
        """The rule as JSON values, only what was given."""
        return self.model_dump(mode="json", exclude_unset=True, include=set(RuleDefinition.model_fields))


def _members(condition: Any) -> list[Any]:
    if not isinstance(condition, Mapping):
        return []
    groups = (condition.get(name) for name in ("any", "all", "none"))
    return [member for group in groups if isinstance(group, list) for member in group]
