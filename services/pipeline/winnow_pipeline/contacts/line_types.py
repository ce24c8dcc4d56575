"""The kind of line that a telephone number is of, as `phonenumbers.number_type` tells it, many times as fast.

The library compiles, looks up and matches its patterns one after the other for each question. Here a calling code and
a length have one pattern, in which the kinds of lines are alternatives in the library's order of precedence; it is made
from the library's metadata when a number first asks for it. That both agree on every input is a property that the tests
check over all regions.

Pure functions over tables that are never changed; safe to share between threads.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc, PhoneNumberType

from winnow_pipeline.contacts.numbering import NON_GEOGRAPHICAL, Number


def line_type(number: Number) -> int:
    """The `PhoneNumberType` of a valid number; UNKNOWN where it is not valid."""
    national = number.national
    for step in _steps(number.calling_code, len(national)):
        found = step.line_type(national)
        if found is not None:
            return found
    return PhoneNumberType.UNKNOWN


@dataclass(frozen=True, slots=True)
class _Step:
    """One question about a number of a certain length, answered by the group that matched.

    Of a region with leading digits these decide that the number is the region's, even if it is none of its numbers;
    of a region without, only a number of it does.
    """

    pattern: re.Pattern[str]
    types: tuple[int, ...] = ()
    within: tuple["_Step | None", ...] = ()
    """Of leading digits, by group: what kinds of lines the region has."""

    def line_type(self, national: str) -> int | None:
        """The type that decides, or None where the next step has to be asked."""
        if self.within:
            match = self.pattern.match(national)
            if match is None or match.lastindex is None:
                return None
            region = self.within[match.lastindex - 1]
            found = region.line_type(national) if region is not None else None
            return PhoneNumberType.UNKNOWN if found is None else found
        match = self.pattern.fullmatch(national)
        return None if match is None or match.lastindex is None else self.types[match.lastindex - 1]


@lru_cache(maxsize=2_048)
def _steps(calling_code: str, length: int) -> tuple[_Step, ...]:
    """What to ask, in the library's order: a shared calling code belongs to the first region that says so."""
    codes = COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code), ())
    if codes and codes[0] == NON_GEOGRAPHICAL:
        candidates = [PhoneMetadata.metadata_for_nongeo_region(int(calling_code), None)]
    else:
        candidates = [PhoneMetadata.metadata_for_region(code, None) for code in codes]
    found = [metadata for metadata in candidates if metadata is not None]
    if len(found) == 1:
        only = _lines(found[0], length=length)
        return (only,) if only is not None else ()
    return tuple(_shared(found, length=length))


def _shared(candidates: Iterable[PhoneMetadata], *, length: int) -> Iterator[_Step]:
    """Runs of regions with leading digits are asked at once."""
    run: list[tuple[str, _Step | None]] = []
    for metadata in candidates:
        lines = _lines(metadata, length=length)
        if metadata.leading_digits is not None:
            run.append((metadata.leading_digits, lines))
            continue
        if run:
            yield _leading(run)
            run = []
        if lines is not None:
            yield lines
    if run:
        yield _leading(run)


def _leading(run: list[tuple[str, _Step | None]]) -> _Step:
    pattern = "|".join(f"({digits})" for digits, _ in run)
    return _Step(re.compile(pattern), within=tuple(lines for _, lines in run))


def _lines(metadata: PhoneMetadata, *, length: int) -> _Step | None:
    """The kinds of lines of a region among its numbers of one length, None where it has no such numbers."""
    general = _pattern(metadata.general_desc, length=length)
    if general is None:
        return None
    ordered = (
        (metadata.premium_rate, PhoneNumberType.PREMIUM_RATE),
        (metadata.toll_free, PhoneNumberType.TOLL_FREE),
        (metadata.shared_cost, PhoneNumberType.SHARED_COST),
        (metadata.voip, PhoneNumberType.VOIP),
        (metadata.personal_number, PhoneNumberType.PERSONAL_NUMBER),
        (metadata.pager, PhoneNumberType.PAGER),
        (metadata.uan, PhoneNumberType.UAN),
        (metadata.voicemail, PhoneNumberType.VOICEMAIL),
    )
    kinds = [(pattern, kind) for desc, kind in ordered if (pattern := _pattern(desc, length=length)) is not None]
    kinds.extend(_ordinary_lines(metadata, length=length))
    if not kinds:
        return None
    alternatives = "|".join(f"({pattern})" for pattern, _ in kinds)
    return _Step(re.compile(f"(?=(?:{general})\\Z)(?:{alternatives})"), types=tuple(kind for _, kind in kinds))


def _ordinary_lines(metadata: PhoneMetadata, *, length: int) -> Iterator[tuple[str, int]]:
    """Landlines and mobiles; in some regions they cannot be told apart."""
    fixed, mobile = _pattern(metadata.fixed_line, length=length), _pattern(metadata.mobile, length=length)
    if metadata.same_mobile_and_fixed_line_pattern:
        if fixed is not None:
            yield fixed, PhoneNumberType.FIXED_LINE_OR_MOBILE
        return
    if fixed is not None:
        if mobile is not None:
            yield f"(?=(?:{mobile})\\Z)(?:{fixed})", PhoneNumberType.FIXED_LINE_OR_MOBILE
        yield fixed, PhoneNumberType.FIXED_LINE
    if mobile is not None:
        yield mobile, PhoneNumberType.MOBILE


def _pattern(desc: PhoneNumberDesc | None, *, length: int) -> str | None:
    """The pattern of a description, if it has one for numbers of this length."""
    if desc is None or not desc.national_number_pattern:
        return None
    if desc.possible_length and length not in desc.possible_length:
        return None
    return desc.national_number_pattern
