"""What of a company's identifiers is published: hosts, pages of companies, names; nothing of a person."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from winnow_contracts.similarity import CompanyIdentifiers, IdentifierName, Identifiers
from winnow_gateway.identifiers import Named, identifiers, kept_under, named

MARKER = "jane.doe.planted"


def read(**sent: str) -> Identifiers:
    return identifiers(CompanyIdentifiers(**sent))


def given_of(company: Identifiers) -> dict[str, str]:
    return company.model_dump(exclude_unset=True, exclude={"unusable"})


def reasons(company: Identifiers) -> dict[str, str]:
    return {each.identifier: each.reason for each in company.unusable}


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("acme.com", {"domain": "acme.com"}),
        (" Acme.COM ", {"domain": "Acme.COM"}),
        ("acme.com.", {"domain": "acme.com."}),
        ("https://acme.com/people/jane?of=jane#jane", {"domain": "acme.com"}),
        ("https://jane:secret@acme.com:8443/", {"domain": "acme.com:8443"}),
        ("//acme.com/jane", {"domain": "acme.com"}),
        ("acme.com/jane", {"domain": "acme.com"}),
        ("acme.com/@jane", {"domain": "acme.com"}),
        ("https://acme.com/jane@work", {"domain": "acme.com"}),
        ("bücher.de", {"domain": "bücher.de"}),
        ("食狮.com.cn", {"domain": "食狮.com.cn"}),
        ("acme。com", {"domain": "acme。com"}),
        ("acme", {"domain": "acme"}),
        ("my_host.acme.com", {"domain": "my_host.acme.com"}),
        ("linkedin.com", {"domain": "linkedin.com"}),
        ("https://www.linkedin.com/", {"domain": "www.linkedin.com"}),
        ("jane@acme.com", {"email_domain": "acme.com"}),
        ("mailto:jane@acme.com", {"email_domain": "acme.com"}),
        ("Jane Doe <jane@acme.com>", {"email_domain": "acme.com"}),
        ("https://www.linkedin.com/company/acme", {"linkedin_company": "acme"}),
        ("de.linkedin.com/showcase/acme-cloud/?x=y", {"linkedin_company": "acme-cloud"}),
    ],
)
def test_a_domain_is_its_host_or_what_it_really_is(text: str, published: dict[str, str]) -> None:
    company = read(domain=text)

    assert given_of(company) == published
    assert company.unusable == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "blank"),
        ("  ", "blank"),
        ("\0", "blank"),
        ("https://", "not_a_domain"),
        ("/jane", "not_a_domain"),
        ("a\0b.com", "not_a_domain"),
        ("Acme Corporation", "not_a_domain"),
        ("jane%40acme.com", "not_a_domain"),
        ("jane\uff20acme.com", "not_a_domain"),
        ("jane\ufe6bacme.com", "not_a_domain"),
        ("@acme.com", "not_a_domain"),
        ("jane@", "not_a_domain"),
        ("jane@acme.com/jane", "not_a_domain"),
        ("jane/work@acme.com", "not_a_domain"),
        ("acme.com/@jane.doe", "not_a_domain"),
        ("jane@bob@acme.com", "not_a_domain"),
        ("...", "not_a_domain"),
        ("https://www.linkedin.com/in/jane", "personal_page"),
        ("linkedin.com/pub/jane/1/2/3", "personal_page"),
        ("linkedin.com/feed", "not_a_linkedin_page"),
    ],
)
def test_a_domain_that_is_none_is_named_and_not_published(text: str, reason: str) -> None:
    company = read(domain=text)

    assert given_of(company) == {}
    assert reasons(company) == {"domain": reason}


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("jane@acme.com", "acme.com"),
        (" jane@Acme.com ", "Acme.com"),
        ("jane+news@acme.com", "acme.com"),
        ('"jane doe"@acme.com', "acme.com"),
        ('"jane@home"@acme.com', "acme.com"),
        (r'"jane\"@x"@acme.com', "acme.com"),
        ("jané@bücher.de", "bücher.de"),
        ("MAILTO:jane@acme.com?subject=jane", "acme.com"),
        ('"Doe, Jane" <jane@acme.com>', "acme.com"),
        ("jane@gmail.com", "gmail.com"),
    ],
)
def test_an_email_address_is_its_host(text: str, host: str) -> None:
    assert given_of(read(email=text)) == {"email_domain": host}


@pytest.mark.parametrize(
    "text",
    [
        "jane",
        "acme.com",
        "@acme.com",
        "jane@",
        "jane@bob@acme.com",
        "jane@acme.com, bob@acme.com",
        "jane doe@acme.com",
        "jane@[192.0.2.1]",
        "jane@acme.com:25",
        "jane@acme.com/jane",
        "jane@ac\0me.com",
        "jane@acme%2ecom",
        '"@acme.com',
        "https://acme.com",
        "https://www.linkedin.com/in/jane",
    ],
)
def test_what_is_no_email_address_is_not_published(text: str) -> None:
    company = read(email=text)

    assert given_of(company) == {}
    assert reasons(company) == {"email": "not_an_email_address"}


@pytest.mark.parametrize(
    "text",
    [
        "https://www.linkedin.com/company/acme-inc",
        "http://linkedin.com/company/acme-inc/",
        "linkedin.com/company/acme-inc",
        "//www.linkedin.com/company/acme-inc",
        "HTTPS://UK.LinkedIn.com/Company/Acme-Inc/about/?viewAsMember=true#x",
        "https://jane:secret@www.linkedin.com:443/school/acme-inc",
        "m.linkedin.com//showcase//acme-inc",
        "https://www.linkedin.com/company/acme%2Dinc",
    ],
)
def test_a_companys_page_is_its_last_part(text: str) -> None:
    assert given_of(read(linkedin_url=text)) == {"linkedin_company": "acme-inc"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://www.linkedin.com/in/jane", "personal_page"),
        ("linkedin.com/IN/jane/?x", "personal_page"),
        ("fr.linkedin.com/pub/jane-doe/1/2/3", "personal_page"),
        ("https://www.linkedin.com/profile/view?id=7", "personal_page"),
        ("https://www.linkedin.com/sales/people/abc", "personal_page"),
        ("https://www.linkedin.com/mwlite/in/jane", "personal_page"),
        ("https://www.linkedin.com/company/", "not_a_linkedin_page"),
        ("https://www.linkedin.com/company/..%2Fin%2Fjane", "not_a_linkedin_page"),
        ("https://www.linkedin.com/company/jane%40acme.com", "not_a_linkedin_page"),
        ("https://www.linkedin.com/company/%00", "not_a_linkedin_page"),
        ("https://www.linkedin.com/company/../in/jane", "not_a_linkedin_page"),
        ("https://www.linkedin.com", "not_a_linkedin_page"),
        ("https://www.linkedin.com/feed/", "not_a_linkedin_page"),
        ("https://lnkd.in/abc", "not_a_linkedin_page"),
        ("https://notlinkedin.com/company/acme", "not_a_linkedin_page"),
        ("https://acme.com/linkedin.com/company/acme", "not_a_linkedin_page"),
        ("https://linkedin.com.evil.com/company/acme", "not_a_linkedin_page"),
        ("ftp://linkedin.com/company/acme", "not_a_linkedin_page"),
        ("acme", "not_a_linkedin_page"),
        ("jane@acme.com", "not_a_linkedin_page"),
        (" ", "blank"),
    ],
)
def test_what_is_no_companys_page_is_not_published(text: str, reason: str) -> None:
    company = read(linkedin_url=text)

    assert given_of(company) == {}
    assert reasons(company) == {"linkedin_url": reason}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Acme Inc. ", "Acme Inc."),
        ("Ac\0me\x07 Inc.", "Acme Inc."),
        ("Work @ Play", "Work @ Play"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("AC/DC S.A./N.V.", "AC/DC S.A./N.V."),
        ("Amazon.com", "Amazon.com"),
        ("https://acme.com/", "https://acme.com/"),
    ],
)
def test_a_name_is_published_as_it_is_written(text: str, name: str) -> None:
    assert given_of(read(company_name=text)) == {"company_name": name}


@pytest.mark.parametrize(
    "text",
    [
        "jane@acme.com",
        "Acme (jane@acme.com)",
        "jane @ acme.com",
        "jane%40acme.com",
        "jane\uff20acme.com",
        "jane\0@acme.com",
        "https://www.linkedin.com/in/jane",
        "Acme, see linkedin.com/in/jane",
        "(www.linkedin.com/pub/jane)",
        "https://acme.com/people/jane",
        "https://acme.com?jane",
        "facebook.com/jane",
    ],
)
def test_a_name_that_holds_a_person_is_not_published(text: str) -> None:
    company = read(company_name=text)

    assert given_of(company) == {}
    assert reasons(company) == {"company_name": "personal_data"}


def test_a_domain_gives_way_to_what_another_field_says_by_its_right_name() -> None:
    company = read(domain="jane@acme.com", email="bob@other.com")

    assert given_of(company) == {"email_domain": "other.com"}
    assert reasons(company) == {"domain": "not_a_domain"}


def test_a_domain_stands_in_for_a_field_that_is_of_no_use() -> None:
    company = read(domain="jane@acme.com", email="bob")

    assert given_of(company) == {"email_domain": "acme.com"}
    assert reasons(company) == {"email": "not_an_email_address"}


def test_all_that_is_usable_is_published() -> None:
    company = read(domain="acme.com", email="j@a.com", linkedin_url="linkedin.com/company/a", company_name="Acme")

    assert given_of(company) == {
        "domain": "acme.com",
        "email_domain": "a.com",
        "linkedin_company": "a",
        "company_name": "Acme",
    }


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"domain": "https://www.Acme.co.uk/x"}, Named("acme.co.uk", "domain")),
        ({"email": "jane@Acme.com"}, Named("acme.com", "email")),
        ({"domain": "jane@acme.com"}, Named("acme.com", "email")),
        ({"domain": "bücher.de"}, Named("xn--bcher-kva.de", "domain")),
        ({"domain": "mail.acme.com"}, None),
        ({"email": "jane@alumni.acme.edu"}, None),
        ({"domain": "co.uk"}, None),
        ({"domain": "127.0.0.1"}, None),
        ({"domain": "acme.com", "email": "jane@acme.com"}, None),
        ({"domain": "acme.com", "company_name": "Acme"}, None),
        ({"linkedin_url": "linkedin.com/company/acme"}, None),
        ({"domain": "linkedin.com/company/acme"}, None),
        ({"company_name": "acme.com"}, None),
    ],
)
def test_answers_are_kept_under_one_domain_that_was_sent_alone(sent: dict[str, str], found: Named | None) -> None:
    assert kept_under(CompanyIdentifiers(**sent)) == found


def test_the_most_exact_identifier_names_the_domain() -> None:
    assert named(read(domain="shop.acme.com", email="jane@other.com")) == Named("acme.com", "domain")
    assert named(read(company_name="Acme")) is None


FIELDS: tuple[IdentifierName, ...] = ("domain", "email", "linkedin_url", "company_name")

_noise = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_around = st.sampled_from(
    ["", " ", '"', "+", "<", ">", "(", "'", "\\", "\0", "%00", "%40", "mailto:", "x/", "?", "\u200b"]
)
_at = st.sampled_from(["@", "\uff20", "\ufe6b", "%40"])
_hosts = st.sampled_from(
    ["acme.com", "bücher.de", "mail.acme.co.uk", "acme.com/", "acme.com?x", "x@acme.com", "[192.0.2.1]", "acme.com>"]
)
_pages = st.sampled_from(
    ["linkedin.com/in/", "https://www.linkedin.com/in/", "de.linkedin.com/pub/", "HTTP://LINKEDIN.COM/In//"]
)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """What may be an address of somebody: the marker before an `@`, with odd things around it."""
    local = draw(_around) + MARKER + draw(_around)
    return draw(_around) + local + draw(_at) + draw(_hosts) + draw(_around)


@st.composite
def personal_pages(draw: st.DrawFn) -> str:
    return (
        draw(st.sampled_from(["", " ", "x "]))
        + draw(_pages)
        + MARKER
        + draw(st.sampled_from(["", "/", "?x", "/details#y"]))
    )


@given(text=addresses(), field=st.sampled_from(FIELDS))
@example(text=f'"{MARKER}"@{MARKER}@acme.com', field="email")
@example(text=f"{MARKER}%40acme.com", field="domain")
@example(text=f"{MARKER}/work@acme.com", field="domain")
@example(text=f"https://{MARKER}:{MARKER}@acme.com/{MARKER}", field="domain")
def test_no_local_part_is_ever_published(text: str, field: IdentifierName) -> None:
    assert MARKER not in read(**{field: text}).model_dump_json()


@given(text=personal_pages(), field=st.sampled_from(FIELDS))
def test_no_personal_page_is_ever_published(text: str, field: IdentifierName) -> None:
    assert MARKER not in read(**{field: text}).model_dump_json()


@given(texts=st.dictionaries(st.sampled_from(FIELDS), _noise, min_size=1))
def test_any_text_is_read_and_can_be_published(texts: dict[str, str]) -> None:
    company = read(**texts)

    published = company.model_dump_json()
    assert Identifiers.model_validate_json(published) == company
    assert "\\u0000" not in published
    assert set(given_of(company)) or company.unusable
    assert kept_under(CompanyIdentifiers(**texts)) is None or set(texts) <= {"domain", "email"}
