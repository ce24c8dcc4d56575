"""What rows are compared by: the columns of matching in the form of comparison, and how common each value is.

Everything that depends on single rows is computed here, once; comparing a pair only looks it up.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow_pipeline.matching import texts
from winnow_pipeline.matching.columns import Codes, Column, column, combined, empty, recoded
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.names import Names, names_of
from winnow_pipeline.matching.records import Records

_AT_ONCE: Final = 50_000


@dataclass(frozen=True, slots=True)
class Features:
    """Columns by row."""

    names: Names
    email: Column
    """Local part and domain; none where the address is a role's."""
    local: Column
    mail_domain: Codes
    """By row, the codes of `domain`."""
    free: NDArray[np.bool_]
    """By code of `domain`: anybody may have an address there."""
    phone: Column
    linkedin: Column
    national_id: Column
    birth: NDArray[np.int32]
    """Year, month and day as one number; -1 where it is missing or no date."""
    company: Column
    domain: Column
    """Of the row, or else of its e-mail where that is no free one."""
    work: Codes
    """By row, the codes of `domain`."""
    street: Column
    number: Codes
    """By code of `street`: a number for the house number in it; -1 without."""
    city: Column
    postcode: Column
    region: Column

    def __len__(self) -> int:
        return len(self.birth)

    def named(self, rows: Codes | slice = slice(None)) -> NDArray[np.bool_]:
        """Which of these rows say anything of a person."""
        names = self.names
        columns = (names.first, names.last, self.email.codes, self.linkedin.codes, self.national_id.codes, self.birth)
        found: NDArray[np.bool_] = np.logical_or.reduce([codes[rows] >= 0 for codes in columns])
        return found

    def identified(self) -> NDArray[np.bool_]:
        """Rows of which one says enough to know the same row again when it is seen twice."""
        names = self.names
        strong = (self.email.codes >= 0) | (self.linkedin.codes >= 0) | (self.national_id.codes >= 0)
        strong |= self.phone.codes >= 0
        strong |= (names.last >= 0) & ((names.first >= 0) | (self.birth >= 0))
        return strong | (~self.named() & ((self.company.codes >= 0) | (self.work >= 0)))

    def whole(self) -> NDArray[np.int64]:
        """A number for all that a row says: the same for rows that are exactly alike."""
        names = self.names
        joined = np.append(names.joined, np.int32(-1))
        parts = [joined[names.first], joined[names.last], self.birth, self.mail_domain, self.work]
        columns = (self.email, self.phone, self.linkedin, self.national_id, self.company, self.street, self.city)
        parts += [each.codes for each in (*columns, self.postcode, self.region)]
        return combined(*(each.astype(np.int64) + 1 for each in parts))


def features_of(records: Records) -> Features:
    """The features of all rows."""
    local, mail_domain = _mail(records)
    company = _column(records, MatchField.COMPANY)
    domain = _column(records, MatchField.DOMAIN)
    own = domain.codes
    length = len(records)
    every = recoded(
        np.concatenate([own, np.where(mail_domain.codes >= 0, mail_domain.codes + len(domain.texts), -1)]),
        pa.concat_arrays([domain.texts, mail_domain.texts]),
    )
    free_mail = texts.free_mail()
    free = np.array([text in free_mail for text in every.texts.to_pylist()], np.bool_)
    own, of_mail = every.codes[:length], every.codes[length:]
    is_free = np.append(free, [True])
    own = np.where(is_free[own], np.int32(-1), own)
    street = _column(records, MatchField.STREET)
    return Features(
        names_of(records),
        _address(local, of_mail),
        local,
        of_mail,
        free,
        _column(records, MatchField.PHONE),
        _column(records, MatchField.LINKEDIN),
        _column(records, MatchField.NATIONAL_ID),
        _births(records),
        company,
        every,
        np.where((own < 0) & ~is_free[of_mail], of_mail, own),
        street,
        _numbers(street),
        _column(records, MatchField.CITY),
        _column(records, MatchField.POSTCODE),
        _column(records, MatchField.REGION),
    )


_FOLDS: Final = {
    MatchField.PHONE: texts.phone,
    MatchField.LINKEDIN: texts.linkedin,
    MatchField.NATIONAL_ID: texts.identifier,
    MatchField.COMPANY: texts.company,
    MatchField.DOMAIN: texts.domain,
    MatchField.STREET: texts.street,
    MatchField.CITY: texts.place,
    MatchField.POSTCODE: texts.place,
    MatchField.REGION: texts.place,
    MatchField.DATE_OF_BIRTH: texts.birth,
}


def _column(records: Records, field: MatchField) -> Column:
    if field not in records.filled:
        return empty(len(records))
    return column(records.column(field), _FOLDS[field])


def _mail(records: Records) -> tuple[Column, Column]:
    """Local parts (none of roles) and domains."""
    if MatchField.EMAIL not in records.filled:
        return empty(len(records)), empty(len(records))
    encoded = records.column(MatchField.EMAIL)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    pieces: tuple[list[pa.Array], list[pa.Array]] = ([], [])
    for start in range(0, len(encoded.dictionary), _AT_ONCE):
        found = [texts.email(text) for text in encoded.dictionary.slice(start, _AT_ONCE).to_pylist()]
        for part, piece in enumerate(pieces):
            piece.append(pa.array([address[part] for address in found], pa.string()))
    local, domain = (recoded(codes, pa.concat_arrays(piece)) for piece in pieces)
    return local, domain


def _address(local: Column, domains: Codes) -> Column:
    """Whole addresses under numbers of their own; their texts are never needed."""
    whole = combined(local.codes, domains)
    present = whole >= 0
    distinct, codes = np.unique(whole[present], return_inverse=True)
    found = np.full(len(whole), -1, np.int32)
    found[present] = codes
    return Column(found, pa.nulls(len(distinct), pa.string()))


def _births(records: Records) -> NDArray[np.int32]:
    if MatchField.DATE_OF_BIRTH not in records.filled:
        return np.full(len(records), -1, np.int32)
    days = _column(records, MatchField.DATE_OF_BIRTH)
    numbers = np.array([int(text) for text in days.texts.to_pylist()] + [-1], np.int32)
    found: NDArray[np.int32] = numbers[days.codes]
    return found


def _numbers(street: Column) -> Codes:
    numbers: dict[str, int] = {}
    found = np.full(len(street.texts), -1, np.int32)
    for code, text in enumerate(street.texts.to_pylist()):
        for word in text.split():
            if word[0].isdecimal():
                found[code] = numbers.setdefault(word, len(numbers))
                break
    return found
