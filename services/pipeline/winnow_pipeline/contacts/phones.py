"""Telephone numbers as people write them, in E.164, judged by the numbering plan: the verdicts of `phonenumbers`.

A status says what a plan can say: `invalid` where the library calls a number not valid; `mobile`, `landline`, `voip`
and `toll_free` where the plan gives such lines ranges of their own; `possible` for a valid number whose kind of line
the plan does not tell, as everywhere in North America; `unknown` for a number in national form of a country that nobody
named.
"""

from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from winnow_pipeline.contacts import numbering
from winnow_pipeline.contacts.line_types import line_type
from winnow_pipeline.leads import PhoneStatus

LONGEST: Final = 250
"""Characters that the library reads at most."""

_STATUS: Final = {
    PhoneNumberType.MOBILE: PhoneStatus.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneStatus.LANDLINE,
    PhoneNumberType.VOIP: PhoneStatus.VOIP,
    PhoneNumberType.TOLL_FREE: PhoneStatus.TOLL_FREE,
}
_ABROAD: Final = "00"


class Phone(NamedTuple):
    """A number and what is known of it."""

    text: str
    """E.164, its extension as `;ext=`; as given where there is no number of that length."""
    status: PhoneStatus


def read(text: str, *, region: str | None) -> Phone:
    """Read a cell that says something; `region` is the country that it is dialled in, where one is known."""
    plain = numbering.plain_digits(text)
    if plain is None:
        return _by_library(text, region=region)
    digits, plus = plain
    if region is None and not plus and digits.startswith(_ABROAD):
        digits, plus = digits[len(_ABROAD) :], True
    number = numbering.read_digits(digits, plus=plus, region=region)
    if number is None:
        return Phone(text, PhoneStatus.INVALID if plus or region is not None else PhoneStatus.UNKNOWN)
    kind = line_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        return Phone(number.e164 if numbering.is_possible(number) else text, PhoneStatus.INVALID)
    return Phone(number.e164, _STATUS.get(kind, PhoneStatus.POSSIBLE))


def _by_library(text: str, *, region: str | None) -> Phone:
    if len(text) > LONGEST:
        return Phone(text, PhoneStatus.INVALID)
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as failure:
        nowhere = region is None and failure.error_type == NumberParseException.INVALID_COUNTRY_CODE
        digits = sum(character.isdecimal() for character in text)
        unknown = nowhere and digits >= numbering.SHORTEST and "+" not in text
        return Phone(text, PhoneStatus.UNKNOWN if unknown else PhoneStatus.INVALID)
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN and not phonenumbers.is_possible_number(number):
        return Phone(text, PhoneStatus.INVALID)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension:
        written = f"{written};ext={number.extension}"
    if kind == PhoneNumberType.UNKNOWN:
        return Phone(written, PhoneStatus.INVALID)
    return Phone(written, _STATUS.get(kind, PhoneStatus.POSSIBLE))
