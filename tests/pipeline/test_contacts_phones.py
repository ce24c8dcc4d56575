"""Telephone numbers: the truth sets, and the verdicts of `phonenumbers` on every input in every region."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from winnow_pipeline.contacts import numbering, phones
from winnow_pipeline.contacts.line_types import line_type
from winnow_pipeline.contacts.phones import Phone
from winnow_pipeline.contacts.subjects import normalized_phones
from winnow_pipeline.leads import PhoneStatus

TRUTH = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data")) / "phone_truth"
STATUS = {
    "MOBILE": PhoneStatus.MOBILE,
    "FIXED_LINE": PhoneStatus.LANDLINE,
    "VOIP": PhoneStatus.VOIP,
    "TOLL_FREE": PhoneStatus.TOLL_FREE,
    "": PhoneStatus.INVALID,
}
BY_TYPE = {
    PhoneNumberType.MOBILE: PhoneStatus.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneStatus.LANDLINE,
    PhoneNumberType.VOIP: PhoneStatus.VOIP,
    PhoneNumberType.TOLL_FREE: PhoneStatus.TOLL_FREE,
}

REGIONS = st.sampled_from([None, "ZZ", *sorted(phonenumbers.SUPPORTED_REGIONS)])
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
NUMBERS = st.one_of(
    st.text("0123456789 -.()/+", max_size=20),
    st.builds("+{}{}".format, st.sampled_from(CODES), st.text("0123456789", max_size=12)),
    st.builds("00{}{}".format, st.sampled_from(CODES), st.text("0123456789 ", max_size=12)),
    st.builds("{} ext. {}".format, st.text("0123456789-", max_size=12), st.integers(0, 9999)),
    st.text(max_size=30),
)


def by_library(text: str, region: str | None) -> Phone | None:
    """What the library says; None where it reads no number at all."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    kind = phonenumbers.number_type(number)
    valid = phonenumbers.is_valid_number(number)
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    written += f";ext={number.extension}" if number.extension else ""
    status = BY_TYPE.get(kind, PhoneStatus.POSSIBLE) if valid else PhoneStatus.INVALID
    return Phone(written if valid or phonenumbers.is_possible_number(number) else text, status)


def forms() -> Iterator[tuple[str, str | None, Phone | None]]:
    """A number as it is written, where it is dialled, and what it is; None where there is no such number."""
    with (TRUTH / "phone_examples.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            valid = row["verdict"] == "valid"
            phone = Phone(row["e164"], STATUS.get(row["actual_type"], PhoneStatus.POSSIBLE)) if valid else None
            regions = {"national": row["region"], "dialled_from_us": "US"}
            for form in ("e164", "national", "international", "rfc3966", "dialled_from_us"):
                if row[form] and (form != "national" or row["region"] != "001"):
                    yield row[form], regions.get(form), phone


def test_every_form_of_every_example_is_read_and_judged() -> None:
    wrong = [
        (text, region)
        for text, region, phone in forms()
        if (found := phones.read(text, region=region)) != phone
        and (phone is not None or found.status is not PhoneStatus.INVALID)
    ]

    assert wrong == []


def test_the_other_librarys_examples_of_mobiles_are_valid() -> None:
    examples = json.loads((TRUTH / "examples.mobile.json").read_text(encoding="utf-8"))

    invalid = [region for region, text in examples.items() if by_status(text, region) is PhoneStatus.INVALID]

    assert len(examples) == 245
    assert invalid == []


def by_status(text: str, region: str | None) -> PhoneStatus:
    return phones.read(text, region=region).status


@given(NUMBERS, REGIONS)
@settings(max_examples=1_000)
@example("0 11 15 6789 1234", "AR")
@example("+39 06 1234567", "IT")
@example("+800 1234 5678", None)
@example("1-800-FLOWERS", "US")
@example("+1 650 253 0000 x123", None)
def test_the_verdict_is_the_librarys(text: str, region: str | None) -> None:
    expected = by_library(text, region)
    found = phones.read(text, region=region)

    if expected is not None:
        assert found == expected
    elif region is not None or not text.startswith("00"):
        assert found.text == text
        assert found.status in (PhoneStatus.INVALID, PhoneStatus.UNKNOWN)


@given(st.text("0123456789", min_size=5, max_size=17), st.booleans(), REGIONS)
@settings(max_examples=1_000)
def test_plain_digits_are_read_as_the_library_reads_them(digits: str, plus: bool, region: str | None) -> None:
    found = numbering.read_digits(digits, plus=plus, region=region)
    try:
        number = phonenumbers.parse(f"+{digits}" if plus else digits, region)
    except NumberParseException:
        assert found is None
        return

    assert found is not None
    assert found.e164 == phonenumbers.format_number(number, PhoneNumberFormat.E164)
    assert line_type(found) == phonenumbers.number_type(number)
    assert numbering.is_possible(found) == phonenumbers.is_possible_number(number)


@pytest.mark.parametrize(
    ("text", "region", "phone"),
    [
        ("030 901820", "DE", Phone("+4930901820", PhoneStatus.LANDLINE)),
        ("(650) 253-0000", "US", Phone("+16502530000", PhoneStatus.POSSIBLE)),
        ("650-253-0000 ext. 12", "US", Phone("+16502530000;ext=12", PhoneStatus.POSSIBLE)),
        ("06 12 34 56 78", "FR", Phone("+33612345678", PhoneStatus.MOBILE)),
        ("0044 20 7031 3000", None, Phone("+442070313000", PhoneStatus.LANDLINE)),
        ("06 12 34 56 78", None, Phone("06 12 34 56 78", PhoneStatus.UNKNOWN)),
        ("+1 555 019", None, Phone("+1 555 019", PhoneStatus.INVALID)),
        ("+1 200 253 0000", None, Phone("+12002530000", PhoneStatus.INVALID)),
        ("call me", "US", Phone("call me", PhoneStatus.INVALID)),
        ("1" * 300, "US", Phone("1" * 300, PhoneStatus.INVALID)),
    ],
)
def test_what_people_write(text: str, region: str | None, phone: Phone) -> None:
    assert phones.read(text, region=region) == phone


@given(NUMBERS, REGIONS)
def test_what_was_read_is_read_as_itself(text: str, region: str | None) -> None:
    found = phones.read(text, region=region)

    if found.text.startswith("+") and found.status is not PhoneStatus.INVALID:
        assert phones.read(found.text, region=None) == found


def test_somebody_who_asks_finds_the_number_of_any_country() -> None:
    found = normalized_phones("030 901820")

    assert "030 901820" in found
    assert "+4930901820" in found
