"""Names of companies are one where people would say so, and are found by what they have in common."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_scoring.names import (
    LEAST_LIKENESS,
    company_name,
    keys,
    keys_of_company,
    keys_sought,
    likeness,
    likeness_to_site,
)

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))


def like(one: str, two: str) -> float:
    return likeness(company_name(one), company_name(two))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Acme Inc.", "acme"),
        ("ACME, Inc", "acme"),
        ("Hello World, ltd.", "hello world"),
        ("Säätämö, Oy", "saatamo"),
        ("ОАО Новороссийский морской торговый порт", "новороссиискии морскои торговыи порт"),  # noqa: RUF001 - Cyrillic
        ("Hello. World, Oy", "hello world"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Acme S.A. de C.V.", "acme"),
        ("Acme S. à r.l.", "acme"),
        ("Foo Sp. z o.o.", "foo"),
        ("Bar Pty. Ltd.", "bar"),
        ("A.P. Møller - Mærsk A/S", "ap moller maersk"),
        ("The Walt Disney Company", "walt disney"),
        ("J.P. Morgan Chase & Co.", "jp morgan chase"),
        ("Johnson & Johnson", "johnson johnson"),
        ("Johnson and Johnson", "johnson johnson"),
        ("L\u2019Oréal S.A.", "loreal"),
        ("Amazon.com, Inc.", "amazon"),
        ("株式会社メルカリ", "メルカリ"),
        ("Yahoo! Inc.", "yahoo"),
        ("3M Co", "3m"),
        ("The Company", "company"),
        ("SAS", "sas"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_a_name_is_said_without_its_legal_form_accents_and_signs(text: str, words: str) -> None:
    assert " ".join(company_name(text).tokens) == words


def test_legal_forms_of_all_countries_tell_no_companies_apart() -> None:
    path = DATA / "legal_forms" / "legal_names.csv"
    if not path.exists():
        pytest.skip("no data at hand")
    with path.open(newline="") as file:
        forms = [row["abbreviation"] for row in csv.DictReader(file)]
    same = [form for form in forms if like(f"Nordwind Papier {form}", "Nordwind Papier") == 1]
    assert len(same) / len(forms) >= 0.75


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Acme Inc.", "ACME, Inc"),
        ("Air BnB", "Airbnb, Inc."),
        ("Procter & Gamble", "Procter and Gamble Co."),
        ("BMW AG", "bmw"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, two: str) -> None:
    assert like(one, two) == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Salesforce", "Salesforse"),
        ("Goldman Sachs Group", "Goldmann Sachs Group"),
        ("Palantir Technologies", "Technologies Palantir"),
        ("Acme Technologies", "Acme"),
    ],
)
def test_names_that_are_nearly_one_are_less_sure(one: str, two: str) -> None:
    assert LEAST_LIKENESS <= like(one, two) < 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Stripe", "Stride"),
        ("Acme Robotics", "Acme Foods"),
        ("Bank of America", "Bank of Asia"),
        ("Acme Technologies", "Acme Group"),
        ("Modern Health", "Modern"),
        ("Ruta Health", "Ruth Health"),
        ("Precinct Area 51", "Precinct Area 52"),
        ("", "Acme"),
        ("!!!", "???"),
    ],
)
def test_names_of_two_companies_are_two(one: str, two: str) -> None:
    assert like(one, two) < LEAST_LIKENESS


def test_a_site_is_called_like_its_company() -> None:
    name = company_name("Acme Robotics, Inc.")
    assert likeness_to_site(name, "acme-robotics.co.uk") > likeness_to_site(company_name("Acme Labs"), "acme.com") > 0
    assert likeness_to_site(name, "acme.com") == 0


@given(st.text(max_size=40))
def test_a_name_is_its_own_and_is_found_by_its_keys(text: str) -> None:
    name = company_name(text)
    assert likeness(name, name) == (1.0 if name.tokens else 0.0)
    assert keys(name) <= keys_of_company("acme.com", name=text)
    assert keys(name) <= keys_sought(name)
    assert bool(keys(name)) is bool(name.tokens)


@given(
    st.text("abcdefgh", min_size=8, max_size=15), st.integers(0, 15), st.sampled_from("xyz"), st.sampled_from([0, 1])
)
def test_a_name_with_one_slip_anywhere_is_found(text: str, place: int, letter: str, replaced: int) -> None:
    slipped = text[:place] + letter + text[place + replaced :]
    assert like(text, slipped) >= LEAST_LIKENESS
    assert keys_sought(company_name(slipped)) & keys(company_name(text))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Salesforce", "Salesforse"),
        ("Salesforce", "Zalesforce"),
        ("Palantir", "Palantri"),
        ("Acme", "Acme Group"),
        ("Global Services", "Global Services Ltd"),
        ("Sachs Goldman", "Goldman Sachs"),
        ("Air BnB", "Airbnb"),
        ("Goldman Sachs Asset", "Goldmann Sachs Aset"),
    ],
)
def test_names_that_may_be_one_have_a_key_in_common(one: str, two: str) -> None:
    assert like(one, two) >= LEAST_LIKENESS
    assert keys_sought(company_name(one)) & keys(company_name(two))
    assert keys_sought(company_name(two)) & keys(company_name(one))
