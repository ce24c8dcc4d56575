"""Rows become leads: every field in one form, whatever is written in it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from winnow_contracts.companies import CompanyAttributes
from winnow_pipeline.contacts.normalizing import Caches, mail_domains, normalized
from winnow_pipeline.contacts.texts import cleaned, said, storable
from winnow_pipeline.leads import Contact, EmailStatus, Field, Lead, PhoneStatus, RawRow, Reason

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))
NAUGHTY = json.loads((DATA / "naughty_strings" / "blns.json").read_text(encoding="utf-8"))
NAUGHTY += ["\0", "a\0b", "\ud800", "x\udfffy", "\u202etxt.exe", "a\u200bb", "=1+1", "e\u0301", "x" * 2_000_000]
TEXTS = st.sampled_from(NAUGHTY) | st.text(max_size=60)
FIELDS = st.sampled_from([*Field, "custom.plan", "custom.\x01", "custom."])

ROW = {
    "full_name": "",
    "first_name": "JEAN-LUC",
    "last_name": "VAN DER BERG",
    "email": "mailto:Jean@Mail.Acme.co.uk",
    "phone": "06 12 34 56 78",
    "mobile_phone": "+33 6 12 34 56 79",
    "title": "vice president, sales",
    "linkedin": "https://fr.linkedin.com/in/Jean-Luc-Berg/?trk=x",
    "date_of_birth": "17/05/1980",
    "country": "Frankreich",
    "city": "  Saint   Denis ",
    "company": "Acme\tS.A.",
    "domain": "https://www.acme.fr/about",
    "industry": "Software",
    "employees": "51-200",
    "revenue": "$10M",
    "founded": "2019",
    "technologies": "Stripe; React;Stripe",
    "custom.plan": "gold",
    "custom.seats": "12",
}
KNOWN_OF_ACME = {
    "country": "FR",
    "industry": "Software",
    "employees": 125,
    "revenue": 10_000_000,
    "founded": 2019,
    "technologies": ["Stripe", "React"],
    "custom": {"plan": "gold", "seats": 12},
}


def lead_of(values: dict[str, str], **more: Any) -> Lead:
    return normalized([RawRow(number=1, line=2, values=values, **more)], Caches())[0]


def texts_of(lead: Lead) -> list[str]:
    """Everything that a store has to hold."""
    contact = [value for name in Contact.__dataclass_fields__ if isinstance(value := getattr(lead.contact, name), str)]
    account = [text for text in (lead.account.name, lead.account.domain) if text]
    both = [text for mapping in (lead.values, lead.source) for pair in mapping.items() for text in pair]
    return [*contact, *account, *both, json.dumps(lead.account.attributes, ensure_ascii=False)]


def test_a_row_is_read_field_by_field() -> None:
    lead = lead_of(ROW)

    assert lead.reason is None
    assert lead.contact == Contact(
        full_name="Jean-Luc van der Berg",
        first_name="Jean-Luc",
        last_name="van der Berg",
        title="vice president, sales",
        title_normalized="VP of Sales",
        seniority="vp",
        function="sales",
        email="Jean@mail.acme.co.uk",
        phone="+33612345678",
        phone_status=PhoneStatus.MOBILE,
        mobile_phone="+33612345679",
        linkedin="https://www.linkedin.com/in/jean-luc-berg",
        date_of_birth="1980-05-17",
        city="Saint Denis",
        country="FR",
    )
    assert (lead.account.name, lead.account.domain) == ("Acme S.A.", "acme.fr")
    assert lead.account.attributes == KNOWN_OF_ACME


def test_what_came_is_passed_through() -> None:
    source = {"Lead Source": "Fair"}

    lead = lead_of(ROW, source=source)

    assert lead.values is ROW
    assert lead.source is source
    assert (lead.number, lead.line) == (1, 2)


def test_a_row_that_could_not_be_read_keeps_its_reason() -> None:
    reason = Reason("too_many_cells", "The row has more cells than the header.")

    lead = lead_of({}, source={"1": "x"}, reason=reason)

    assert lead.reason == reason
    assert lead.source == {"1": "x"}


@pytest.mark.parametrize(
    "values",
    [{}, {"title": "CEO", "country": "DE"}, {"first_name": "n/a", "email": "-", "phone": "null", "company": " "}],
)
def test_a_row_that_says_nothing_of_anybody_is_no_lead(values: dict[str, str]) -> None:
    reason = lead_of(values).reason

    assert reason is not None
    assert reason.code == "no_contact"


@pytest.mark.parametrize(
    "values",
    [{"email": "no address"}, {"phone": "12"}, {"domain": "acme.com"}, {"company": "Acme"}, {"full_name": "Cher"}],
)
def test_one_thing_said_is_enough(values: dict[str, str]) -> None:
    assert lead_of(values).reason is None


def test_leads_share_nothing_that_can_be_changed() -> None:
    caches = Caches()
    rows = [RawRow(number=place, line=place, values={"company": "Acme", "tags": "a;b"}) for place in (1, 2)]

    first, second = normalized(rows, caches)
    first.account.attributes["tags"].append("c")

    assert second.account.attributes["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("values", "domain"),
    [
        ({"domain": "www.Acme.com/x", "email": "a@other.com"}, "acme.com"),
        ({"domain": "info@acme.com"}, "acme.com"),
        ({"domain": "gmail.com", "email": "a@mail.acme.com"}, "acme.com"),
        ({"domain": "https://linkedin.com/company/acme", "email": "a@acme.com"}, "acme.com"),
        ({"domain": "linkedin.com"}, "linkedin.com"),
        ({"email": "a@gmail.com"}, None),
        ({"email": "a@gmail.con"}, None),
        ({"email": "a@mailinator.com"}, None),
        ({"email": "a@acme.com."}, None),
        ({"email": "a@bücher.example"}, "xn--bcher-kva.example"),
        ({"domain": "localhost"}, None),
    ],
)
def test_where_a_companys_domain_comes_from(values: dict[str, str], domain: str | None) -> None:
    assert lead_of(values).account.domain == domain


def test_domains_to_be_asked_about_are_those_that_may_take_mail() -> None:
    texts = ["a@acme.com", "b@acme.com", "c@bücher.example", "d@[192.0.2.1]", "bad", '"q"@quoted.example']
    rows = [RawRow(number=place, line=place, values={"email": text}) for place, text in enumerate(texts)]

    assert mail_domains(normalized(rows, Caches())) == {"acme.com", "xn--bcher-kva.example", "quoted.example"}


def test_an_address_that_can_be_none_is_undeliverable_as_it_was_given() -> None:
    contact = lead_of({"email": "jane @ acme"}).contact

    assert contact.email == "jane @ acme"
    assert contact.email_status is EmailStatus.UNDELIVERABLE
    assert contact.email_reasons == ("syntax",)


@given(st.dictionaries(FIELDS, TEXTS, max_size=12), st.dictionaries(TEXTS, TEXTS, max_size=2))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_no_text_in_any_field_breaks_a_lead(values: dict[str, str], source: dict[str, str]) -> None:
    lead = lead_of({str(field): text for field, text in values.items()}, source=source)

    for text in texts_of(lead):
        text.encode()
        assert "\0" not in text
    CompanyAttributes.model_validate(lead.account.attributes)
    mail_domains([lead])


@pytest.mark.parametrize("field", [*Field, "custom.x"])
def test_naughty_strings_do_no_harm_in_a_field(field: str) -> None:
    caches = Caches()
    rows = [RawRow(number=place, line=place, values={str(field): text}) for place, text in enumerate(NAUGHTY)]

    leads = normalized(rows, caches)

    assert [lead.number for lead in leads] == list(range(len(NAUGHTY)))
    for lead in leads:
        "".join(texts_of(lead)).encode()
        CompanyAttributes.model_validate(lead.account.attributes)


def test_attributes_are_bounded_together() -> None:
    values = {"company": "Acme", "description": "\u4f01" * 9_000, "industry": "Software"}
    values |= {f"custom.{number}": "\\" * 1_900 for number in range(90)}

    attributes = lead_of(values).account.attributes

    assert attributes["industry"] == "Software"
    CompanyAttributes.model_validate(attributes)


@given(st.sampled_from([each for each in NAUGHTY if len(each) < 10_000]) | st.text(max_size=100))
@example("a\u2028b")
@example("\u200b \u200b")
@example("\ufb1d\u0301")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = cleaned(text)

    assert cleaned(once) == once
    assert storable(once) == once
    assert said(said(text)) == said(text)


@given(
    st.sampled_from(["full_name", "first_name", "last_name", "title", "city", "company", "country", "date_of_birth"]),
    TEXTS.filter(lambda text: len(text) < 1_000),
)
def test_a_lead_made_again_of_what_was_read_is_the_same(field: str, text: str) -> None:
    def said_of(lead: Lead) -> str | None:
        if field == "company":
            return lead.account.name
        found = getattr(lead.contact, field)
        assert found is None or isinstance(found, str)
        return found

    once = said_of(lead_of({field: text}))

    if once is not None and field not in ("full_name", "first_name", "last_name"):
        assert said_of(lead_of({field: once})) == once
