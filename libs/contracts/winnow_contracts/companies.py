"""A company's attributes as a tenant gives them: one flat object, every attribute optional.

Null, blank text and an empty list say that a value is not known, the same as leaving it out. An e-mail address, a
telephone number or a LinkedIn page is kept as known or not known: `without_contacts` removes the value, before
anything is published or stored.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError, to_json

CONTACTS: Final = ("email", "phone", "linkedin")
CUSTOM_PREFIX: Final = "custom."

LARGEST_PROFILE: Final = 64 * 1024
LARGEST_NUMBER: Final = 2**53 - 1
MOST_ELEMENTS: Final = 500
MOST_CUSTOM: Final = 100

# PostgreSQL's text cannot hold NUL; lone surrogates are refused by pydantic itself.
WITHOUT_NUL: Final = r"^[^\u0000]*$"
CUSTOM_NAME: Final = r"[^\u0000-\u001F\u007F]{1,64}"
"""The part after `custom.`: a pattern without its anchors."""

Name = Annotated[str, StringConstraints(strict=True, max_length=500, pattern=WITHOUT_NUL)]
ShortText = Annotated[str, StringConstraints(strict=True, max_length=200, pattern=WITHOUT_NUL)]
LongText = Annotated[str, StringConstraints(strict=True, max_length=10_000, pattern=WITHOUT_NUL)]
ShortTexts = Annotated[list[ShortText], Field(strict=True, max_length=MOST_ELEMENTS)]

_ANY_TEXT: Final = TypeAdapter(Annotated[str, StringConstraints(strict=True, max_length=2_000, pattern=WITHOUT_NUL)])
_ANY_TEXTS: Final = TypeAdapter(ShortTexts)
_TEXT_SCHEMA: Final[JsonDict] = {"type": "string", "maxLength": 2_000, "pattern": WITHOUT_NUL}
_TEXTS_SCHEMA: Final[JsonDict] = {
    "type": "array",
    "maxItems": MOST_ELEMENTS,
    "items": {"type": "string", "maxLength": 200, "pattern": WITHOUT_NUL},
}
_NUMBER_SCHEMA: Final[JsonDict] = {"type": "number", "minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}


def plain_number(value: Any) -> int | float:
    """5.0 is the same number as 5, as JSON Schema has it; true and "5" are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("number_type", "Input should be a number")
    if not abs(value) <= LARGEST_NUMBER:
        raise PydanticCustomError("number_too_large", "Input should be between -(2^53 - 1) and 2^53 - 1")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _real_date(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_invalid", "Input should be a date such as 2026-01-31") from None
    return value


def _contact(value: Any) -> bool | str | None:
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("contact_type", "Input should be text, true, false or null")
    return _ANY_TEXT.validate_python(value)


def _custom_value(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _ANY_TEXT.validate_python(value)
    return _ANY_TEXTS.validate_python(value) if isinstance(value, list) else plain_number(value)


WholeNumber = Annotated[int, Field(ge=0, le=LARGEST_NUMBER), BeforeValidator(plain_number)]
Year = Annotated[int, Field(ge=1, le=9999), BeforeValidator(plain_number)]
Amount = Annotated[
    int | float,
    PlainValidator(plain_number),
    Field(ge=0),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": LARGEST_NUMBER}),
]
Share = Annotated[
    int | float,
    PlainValidator(plain_number),
    Field(ge=0, le=1),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
IsoDate = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_real_date),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Contact = Annotated[
    bool | str | None,
    PlainValidator(_contact),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, _TEXT_SCHEMA, {"type": "null"}], "default": None}),
]
_CUSTOM_SCHEMA: Final[JsonDict] = {
    "anyOf": [_TEXT_SCHEMA, _NUMBER_SCHEMA, {"type": "boolean"}, _TEXTS_SCHEMA, {"type": "null"}],
}
CustomName = Annotated[str, StringConstraints(strict=True, pattern=f"^{CUSTOM_NAME}$")]
CustomValue = Annotated[
    str | int | float | bool | list[str] | None, PlainValidator(_custom_value), WithJsonSchema(_CUSTOM_SCHEMA)
]
Custom = Annotated[
    dict[CustomName, CustomValue],
    Field(max_length=MOST_CUSTOM),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MOST_CUSTOM,
            "propertyNames": {"pattern": f"^{CUSTOM_NAME}$"},
            "additionalProperties": _CUSTOM_SCHEMA,
        }
    ),
]


class CompanyAttributes(BaseModel):
    """What is known about a company, at most 64 KiB of JSON.

    Your own attributes go into `custom`, or are written `custom.<name>`; where a name is given both ways, the second
    counts.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"patternProperties": {f"^custom\\.{CUSTOM_NAME}$": _CUSTOM_SCHEMA}},
    )

    name: Annotated[Name | None, Field(examples=["New Startup"])] = None
    industry: Annotated[ShortText | None, Field(examples=["Technology"])] = None
    country: Annotated[ShortText | None, Field(examples=["US"])] = None
    region: Annotated[ShortText | None, Field(examples=["California"])] = None
    city: Annotated[ShortText | None, Field(examples=["San Francisco"])] = None
    employees: Annotated[WholeNumber | None, Field(examples=[120])] = None
    revenue: Annotated[Amount | None, Field(description="A year, in whole units of a currency.")] = None
    founded: Annotated[Year | None, Field(examples=[2019])] = None
    technologies: Annotated[ShortTexts | None, Field(examples=[["Stripe", "React"]])] = None
    funding_stage: Annotated[ShortText | None, Field(examples=["Series A"])] = None
    funding_total: Amount | None = None
    last_funding_at: Annotated[IsoDate | None, Field(examples=["2026-01-31"])] = None
    signals: Annotated[ShortTexts | None, Field(examples=[["hiring"]])] = None
    tags: ShortTexts | None = None
    description: LongText | None = None
    status: ShortText | None = None
    confidence: Annotated[Share | None, Field(description="In the profile as a whole, 0 to 1.", examples=[0.93])] = None
    email: Annotated[Contact, Field(description="Kept as known or not known.", examples=[True])] = None
    phone: Annotated[Contact, Field(description="Kept as known or not known.")] = None
    linkedin: Annotated[Contact, Field(description="Kept as known or not known.")] = None
    custom: Custom | None = None

    @model_validator(mode="before")
    @classmethod
    def _gather_custom(cls, given: Any) -> Any:
        """Move what is written `custom.<name>` into `custom`."""
        if not isinstance(given, Mapping) or not isinstance(given.get("custom"), (Mapping, type(None))):
            return given
        flat = {key: value for key, value in given.items() if isinstance(key, str) and key.startswith(CUSTOM_PREFIX)}
        if not flat:
            return given
        named = {key.removeprefix(CUSTOM_PREFIX): value for key, value in flat.items()}
        rest = {key: value for key, value in given.items() if key not in flat}
        return {**rest, "custom": {**(given.get("custom") or {}), **named}}

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if len(to_json(self.profile())) > LARGEST_PROFILE:
            raise PydanticCustomError("profile_too_large", "A company has at most 64 KiB of attributes")
        return self

    def profile(self) -> dict[str, Any]:
        """The attributes that are given, as JSON values: what rules are evaluated on, once `without_contacts`."""
        given = self.model_dump(include=set(CompanyAttributes.model_fields), exclude_none=True)
        custom = {name: value for name, value in given.pop("custom", {}).items() if value is not None}
        return {**given, "custom": custom} if custom else given


def without_contacts(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """`attributes` with every contact as true where there is one, and null where it is blank. Everything else stays."""
    kept = dict(attributes)
    for contact in CONTACTS:
        value = kept.get(contact)
        if isinstance(value, str):
            kept[contact] = True if value.strip() else None
    return kept
