"""Telephone numbers of plain digits, read as `phonenumbers` reads them, ten times as fast.

Only what is written with ASCII digits and the usual punctuation is read here (`plain_digits`); extensions, letters and
everything unusual stay with the library. That both agree on every input is a property that the tests check over all
regions.

Pure functions over tables that are never changed; safe to share between threads.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, Self

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

SHORTEST: Final = 5
LONGEST: Final = 17
"""Digits after the calling code: ITU-T E.164 allows 15, the library two more."""
NON_GEOGRAPHICAL: Final = "001"
"""What the library calls the region of numbers that are of none."""

_PUNCTUATION: Final = str.maketrans("", "", " -.()/[]")
_LONGEST_TEXT: Final = 60


class Number(NamedTuple):
    """A number that could be read, whether or not there is such a number."""

    calling_code: str
    national: str
    """The national significant number, leading zeros included."""

    @property
    def e164(self) -> str:
        """Such as +4930123456."""
        return f"+{self.calling_code}{self.national}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What the metadata of one region says about reading a number."""

    dialled: str
    """The calling code as it stands at the beginning of a number."""
    abroad: re.Pattern[str] | None
    """How a call out of the region begins."""
    general: re.Pattern[str]
    prefix: re.Pattern[str] | None
    """What is dialled before a national number."""
    rule: str | None
    """What the national prefix is replaced by."""
    lengths: frozenset[int]
    local_lengths: frozenset[int]
    longest: int

    @classmethod
    def of(cls, metadata: PhoneMetadata) -> Self:
        general = metadata.general_desc
        if general is None or general.national_number_pattern is None or metadata.country_code is None:
            raise ValueError("metadata without a general description")
        prefix, abroad = metadata.national_prefix_for_parsing, metadata.international_prefix
        return cls(
            dialled=str(metadata.country_code),
            abroad=re.compile(abroad) if abroad else None,
            general=re.compile(general.national_number_pattern),
            prefix=re.compile(prefix) if prefix else None,
            rule=metadata.national_prefix_transform_rule or None,
            lengths=frozenset(general.possible_length),
            local_lengths=frozenset(general.possible_length_local_only),
            longest=general.possible_length[-1],
        )

    def without_prefix(self, digits: str) -> str:
        """`digits` without a national prefix, unless they were a number with it and are none without."""
        if not digits or self.prefix is None:
            return digits
        match = self.prefix.match(digits)
        if match is None:
            return digits
        if self.rule is None or match[match.re.groups] is None:
            shortened = digits[match.end() :]
        else:
            shortened = match.expand(self.rule) + digits[match.end() :]
        if not self.general.fullmatch(shortened) and self.general.fullmatch(digits):
            return digits
        return shortened

    def is_too_long(self, digits: str) -> bool:
        return len(digits) > self.longest and len(digits) not in self.local_lengths

    def leaves_a_number(self, digits: str) -> bool:
        """Whether `digits`, once a prefix was taken off, are of a length that is more than a local number's."""
        length = len(digits)
        return (length in self.lengths or length > self.longest) and length not in self.local_lengths

    def is_possible(self, digits: str) -> bool:
        return len(digits) in self.lengths or len(digits) in self.local_lengths


def plain_digits(text: str) -> tuple[str, bool] | None:
    """The digits of a number without extension, letters or other scripts, and whether a plus stands before them.

    None where the text is anything else; then the library has to read it.
    """
    bare = text.translate(_PUNCTUATION)
    plus = bare[:1] == "+"
    if plus:
        bare = bare[1:]
    if not (bare.isascii() and bare.isdecimal()) or len(bare) < SHORTEST or len(text) > _LONGEST_TEXT:
        return None
    return bare, plus


def read_digits(digits: str, *, plus: bool, region: str | None) -> Number | None:
    """The number that `digits` are when dialled in `region`, or written after a plus; None where they are none.

    `region` is an ISO 3166-1 alpha-2 code in upper case; one that the library does not know is no region.
    """
    home = _plan_of(region) if region is not None else None
    if plus:
        if len(digits) <= 2:
            return None
        found = _with_code(digits)
        if found is None and home is not None:
            found = _with_prefix(digits, home=home)
        return _number(found.digits, plan=found.plan) if found is not None else None
    if home is None:
        return None
    if (abroad := _dialled_abroad(digits, home=home)) is not None:
        found = _with_code(abroad) if len(abroad) > 2 else None
        return _number(found.digits, plan=found.plan) if found is not None else None
    found = _with_own_code(digits, home=home)
    return _number(digits, plan=home) if found is None else _number(found.digits, plan=found.plan)


def is_possible(number: Number) -> bool:
    """Whether there are numbers of this length in the plan, local ones included."""
    plan = _plan_of_code(number.calling_code)
    return plan is not None and plan.is_possible(number.national)


class _Coded(NamedTuple):
    """Digits after a calling code, and the plan of the region that the code is named for."""

    digits: str
    plan: _Plan


def _with_code(digits: str) -> _Coded | None:
    """`digits` begin with a calling code."""
    if digits[:1] == "0":
        return None
    for size in (1, 2, 3):
        plan = _plan_of_code(digits[:size])
        if plan is not None:
            return _Coded(digits[size:], plan)
    return None


def _with_prefix(digits: str, *, home: _Plan) -> _Coded | None:
    """What stands after a plus, but is no calling code: the prefix that is dialled at home for a call abroad."""
    abroad = _dialled_abroad(digits, home=home)
    if abroad is not None:
        return _with_code(abroad) if len(abroad) > 2 else None
    return _with_own_code(digits, home=home)


def _dialled_abroad(digits: str, *, home: _Plan) -> str | None:
    """The digits after the prefix of a call abroad; calling codes never begin with 0."""
    match = home.abroad.match(digits) if home.abroad is not None else None
    if match is None or digits[match.end() : match.end() + 1] == "0":
        return None
    return digits[match.end() :]


def _with_own_code(digits: str, *, home: _Plan) -> _Coded | None:
    """Digits that are too long for home, or no number there, because the calling code stands before them."""
    if not digits.startswith(home.dialled):
        return None
    stripped = home.without_prefix(digits[len(home.dialled) :])
    if not home.is_too_long(digits) and (home.general.fullmatch(digits) or not home.general.fullmatch(stripped)):
        return None
    plan = _plan_of_code(home.dialled)
    return _Coded(stripped, plan) if plan is not None else None


def _number(digits: str, *, plan: _Plan) -> Number | None:
    if len(digits) < 2:
        return None
    shortened = plan.without_prefix(digits)
    if plan.leaves_a_number(shortened):
        digits = shortened
    if not 2 <= len(digits) <= LONGEST:
        return None
    return Number(plan.dialled, digits)


@lru_cache(maxsize=512)
def _plan_of(region: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None) if region in SUPPORTED_REGIONS else None
    return _Plan.of(metadata) if metadata is not None else None


@lru_cache(maxsize=1_024)
def _plan_of_code(calling_code: str) -> _Plan | None:
    """The plan of the region that a calling code is named for, or of a service that has no region."""
    codes = COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code))
    if not codes:
        return None
    if codes[0] != NON_GEOGRAPHICAL:
        return _plan_of(codes[0])
    metadata = PhoneMetadata.metadata_for_nongeo_region(int(calling_code), None)
    return _Plan.of(metadata) if metadata is not None else None
