"""E-mail addresses: the truth sets, the library's verdicts on every input, and what is known of their domains."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st
from winnow_pipeline.contacts import addresses
from winnow_pipeline.contacts.mail_domains import mail_domain, meant, plain_domain

TRUTH = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data")) / "email_truth"
CASES = json.loads((TRUTH / "email_validator_cases.json").read_text(encoding="utf-8"))
ACCEPTED = [case for case in CASES if "output" in case and "display_name" not in case["output"]]
TYPOS = json.loads((TRUTH / "domain_typos.json").read_text(encoding="utf-8"))

# What a lead's address can be: comments, white space, quotes and literals are risky; what only the obsolete or the
# broad grammar knows may be risky or invalid; names without a dot and numbers for a top-level domain are invalid.
EXPECTED = {
    "ISEMAIL_VALID_CATEGORY": {"valid"},
    "ISEMAIL_DNSWARN": {"valid"},
    "ISEMAIL_RFC5321": {"risky"},
    "ISEMAIL_CFWS": {"risky"},
    "ISEMAIL_DEPREC": {"risky", "invalid"},
    "ISEMAIL_RFC5322": {"risky", "invalid"},
    "ISEMAIL_ERR": {"invalid"},
}
NO_PUBLIC_NAME = {"ISEMAIL_RFC5321_TLD", "ISEMAIL_RFC5321_TLDNUMERIC"}
NO_PUBLIC_NAME_EITHER = {"test@io", "test@123.123.123.x123", "test@xn--example.com"}

LOCALS = st.text("abcXYZ019._-+'\"! ()\\@é伊\u00a0\u200b", max_size=12)
LABELS = st.text("abcxyzXN019-_é伊ß\u200d", max_size=8)
ADDRESSES = st.builds(
    lambda local, labels: f"{local}@{'.'.join(labels)}", LOCALS, st.lists(LABELS, min_size=1, max_size=4)
) | st.sampled_from([case["email_input"] for case in CASES if isinstance(case.get("email_input"), str)])


def isemail_cases() -> Iterator[tuple[str, str, str]]:
    for name in ("isemail_tests.xml", "isemail_tests-original.xml"):
        for test in ET.parse(TRUTH / name).getroot().iter("test"):  # noqa: S314 - our own file
            symbols = test.findtext("address") or ""
            address = "".join(chr(ord(each) - 0x2400) if "\u2400" <= each <= "\u2421" else each for each in symbols)
            yield address, test.findtext("category") or "", test.findtext("diagnosis") or ""


def verdict(text: str) -> str:
    found = addresses.exact(text)
    if found is None:
        return "invalid"
    return "risky" if found.reasons else "valid"


def library_verdict(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def read(text: str) -> addresses.Address:
    return addresses.read(text, mail_domain)


def test_the_truth_set_of_isemail_is_met_to_98_percent() -> None:
    wrong = total = 0
    for address, category, diagnosis in isemail_cases():
        no_name = diagnosis in NO_PUBLIC_NAME or address in NO_PUBLIC_NAME_EITHER
        expected = {"invalid"} if no_name else EXPECTED[category]
        total += 1
        wrong += verdict(address) not in expected

    assert total == 443
    assert wrong / total <= 0.02


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case["email_input"])
def test_addresses_that_the_library_accepts_are_normalized_as_it_does(case: dict[str, dict[str, str]]) -> None:
    found = addresses.syntax(str(case["email_input"]))

    assert found is not None
    assert found.text == case["output"]["normalized"]
    assert found.ascii_domain == case["output"]["ascii_domain"]


@pytest.mark.parametrize("suite", ["test_email_invalid_syntax", "test_email_invalid_reserved_domain"])
def test_addresses_that_the_library_refuses_are_refused(suite: str) -> None:
    inputs = [str(case["email_input"]) for case in CASES if case["suite"] == suite]

    accepted = [text for text in inputs if (found := addresses.syntax(text)) is not None and not found.reasons]

    assert inputs
    assert accepted == []


@pytest.mark.parametrize("case", TYPOS, ids=lambda case: case["email"])
def test_slips_of_the_pen_are_seen(case: dict[str, str | None]) -> None:
    suggestion = read(str(case["email"])).suggestion

    assert (suggestion.rpartition("@")[2] if suggestion else None) == case["suggest_domain"]


@given(ADDRESSES)
@example("a@b.c")
@example("INFO@Example.COM")
@example("a@" + "b" * 63 + ".com")
@example("a@" + "b" * 64 + ".com")
@example("a" * 250 + "@b.com")
@example("a" * 249 + "@b.co")
@example("a@b." + "c" * 64)
@example("a@xn--bcher-kva.example")
@example("a@ab--cd.com")
@example("a@b.test")
@example("a@b.com\n")
def test_the_verdict_is_the_librarys(text: str) -> None:
    expected = library_verdict(text)
    found = addresses.syntax(text)

    if expected is not None:
        assert found is not None
        assert (found.text, found.reasons) == (expected, ())
    else:
        assert found is None or found.reasons


@given(st.from_regex(r"[A-Za-z0-9]{1,4}(?:[-.]{1,2}[A-Za-z0-9]{1,5}){0,4}", fullmatch=True))
def test_a_plain_domain_is_one_that_the_library_takes_as_it_stands(domain: str) -> None:
    expected = library_verdict(f"a@{domain}")

    found = plain_domain(domain)

    assert found is None or f"a@{found}" == expected


@given(st.text(max_size=300))
@example("\ud800@x.com")
@example("(" * 200 + "@x.com")
@example("(()" * 80 + "a@x.com")
@example('"' * 100 + "@x.com")
def test_reading_never_fails_and_its_text_can_be_stored(text: str) -> None:
    found = read(text)

    found.text.encode()
    assert "\0" not in found.text
    assert found.is_sound != ("syntax" in found.reasons)


@given(ADDRESSES)
def test_a_normalized_address_is_read_as_itself(text: str) -> None:
    found = read(text)

    if found.is_sound:
        again = read(found.text)
        needless = {"comment", "quoted_local_part"}
        assert again.text == found.text
        assert set(again.reasons) | needless == set(found.reasons) | needless


@pytest.mark.parametrize(
    ("text", "address", "reasons"),
    [
        ("Jane.Doe@Example.COM", "Jane.Doe@example.com", ()),
        ("mailto:jane@example.com?subject=hi", "jane@example.com", ()),
        ("Jane Doe <jane@example.com>", "jane@example.com", ()),
        ('"Doe, Jane" <jane@example.com>;', "jane@example.com", ()),
        ("\u200bjane@example.com\u00a0", "jane@example.com", ()),
        ("jane@example.com (work)", "jane@example.com", ("comment",)),
        ("jane @example.com", "jane@example.com", ("comment",)),
        ('"jane doe"@example.com', '"jane doe"@example.com', ("quoted_local_part",)),
        ("jane@[192.0.2.1]", "jane@[192.0.2.1]", ("address_literal",)),
        ("info@example.com", "info@example.com", ("role",)),
        ("No-Reply@example.com", "No-Reply@example.com", ("role",)),
        ("sales+eu@example.com", "sales+eu@example.com", ("role",)),
        ("jane@gmail.com", "jane@gmail.com", ("free",)),
        ("jane@sub.mailinator.com", "jane@sub.mailinator.com", ("disposable",)),
        ("jane@bücher.example", "jane@bücher.example", ()),
        ("jane", "jane", ("syntax",)),
    ],
)
def test_what_is_written_around_and_known_of_an_address(text: str, address: str, reasons: tuple[str, ...]) -> None:
    found = read(text)

    assert found.text == address
    assert set(reasons) <= set(found.reasons)
    assert bool(found.reasons) == bool(reasons)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("jane@example.com.", "jane@example.com"),
        ("jane@example,com", "jane@example.com"),
        ("jane,doe@example.com", "jane.doe@example.com"),
        ("jane@@example.com", None),
        ("jane[at]example.com", "jane@example.com"),
        ("jane@example..com", "jane@example.com"),
        ("jane", None),
    ],
)
def test_what_was_probably_meant_is_a_suggestion(text: str, suggestion: str | None) -> None:
    found = read(text)

    assert not found.is_sound
    assert found.suggestion == suggestion


@pytest.mark.parametrize("domain", ["email.com", "mail.com", "gmx.com", "grange.fr", "yahoo.ca", "line.com", "acme.co"])
def test_domains_that_are_somebodys_are_no_slips(domain: str) -> None:
    assert meant(domain) is None


@pytest.mark.parametrize("domain", ["gmail.com", "mailinator.com", "gmail.con", "orange.fr", "sfr.fr"])
def test_no_company_has_such_a_domain(domain: str) -> None:
    assert mail_domain(domain).site is None


def test_a_companys_domain_is_the_registrable_one() -> None:
    assert mail_domain("mail.acme.co.uk").site == "acme.co.uk"
