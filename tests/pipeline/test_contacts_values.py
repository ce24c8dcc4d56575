"""Names, titles, countries, dates, profiles and quantities, as people write them."""

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nameparser import locales, parser_for
from winnow_pipeline.contacts import names, profiles, quantities
from winnow_pipeline.contacts.countries import country
from winnow_pipeline.contacts.dates import date_of_birth
from winnow_pipeline.contacts.job_titles import job_title
from winnow_pipeline.contacts.names import Name

TITLES = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data")) / "names_titles"
SENIORITIES = {
    "c_level", "vp", "director", "head", "manager", "senior", "staff", "junior", "intern", "owner", "partner",
}  # fmt: skip
WORDS = st.one_of(
    st.text("abcdefgmnorstuvz", min_size=2, max_size=8),
    st.text("aeinorst'-éøłŽ", min_size=2, max_size=8),
    st.sampled_from("abdejsvy").map(lambda letter: f"{letter.upper()}."),
    st.sampled_from(["von", "Ivanovich", "de", "née", "Jr", "phd", "mac", "McDonald", "SMITH", "lee", "St", "Lord"]),
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Marie Curie", Name("Marie Curie", "Marie", None, "Curie")),
        ("Curie, Marie", Name("Marie Curie", "Marie", None, "Curie")),
        ("MARIE CURIE", Name("Marie Curie", "Marie", None, "Curie")),
        ("marie curie", Name("Marie Curie", "Marie", None, "Curie")),
        ("Dr. Marie Curie, PhD", Name("Marie Curie", "Marie", None, "Curie")),
        ("Prof. Dr. med. Hans Müller", Name("Hans Müller", "Hans", None, "Müller")),
        ("LUDWIG VAN BEETHOVEN", Name("Ludwig van Beethoven", "Ludwig", None, "van Beethoven")),
        ("van der Berg, Jan", Name("Jan van der Berg", "Jan", None, "van der Berg")),
        ("DE LA CRUZ, MARIA", Name("Maria de la Cruz", "Maria", None, "de la Cruz")),
        ("Juan Q. Xavier de la Vega III", Name("Juan Q. Xavier de la Vega III", "Juan", "Q. Xavier", "de la Vega")),
        ("O'BRIEN, CONAN", Name("Conan O'Brien", "Conan", None, "O'Brien")),
        ("ronald mcdonald", Name("Ronald McDonald", "Ronald", None, "McDonald")),
        ("山田 太郎", Name("山田 太郎", "太郎", None, "山田")),
        ("Иванов Иван Иванович", Name("Иван Иванович Иванов", "Иван", "Иванович", "Иванов")),
        ("Cher", Name(full="Cher")),
        ("王小明", Name(full="王小明")),
        ("jane@example.com", Name()),
        ("12345", Name()),
    ],
)
def test_full_names(text: str, name: Name) -> None:
    assert names.split(text) == name


@pytest.mark.parametrize(
    ("first", "last", "full"),
    [
        ("JEAN-LUC", "PICARD", "Jean-Luc Picard"),
        ("Dr. Hans", "von Müller", "Hans von Müller"),
        ("jane", "SMITH, PhD", "Jane Smith"),
        ("JD", "Salinger", "JD Salinger"),
        ("Charlotte", "d'artagnan", "Charlotte d'Artagnan"),
    ],
)
def test_names_in_parts(first: str, last: str, full: str) -> None:
    found = names.joined(full=None, first=names.first_name(first), middle=None, last=names.last_name(last))

    assert found.full == full


@given(st.lists(WORDS, min_size=2, max_size=3), st.sampled_from([str, str.title, str.upper, str.lower]))
@settings(max_examples=1_000)
@example(["Ivanov", "Ivan", "Ivanovich"], str)
@example(["John", "Q.", "Smith"], str)
@example(["john", "jr"], str.title)
@example(["st", "john"], str.title)
@example(["king", "lear"], str.title)
@example(["mary", "ann", "phd"], str.title)
def test_plain_names_are_split_as_the_library_splits_them(words: list[str], written: object) -> None:
    assert callable(written)
    text = " ".join(map(written, words))
    parsed = parser_for(locales.RU).parse(text)

    found = names.split(text)

    if found.first is not None and found.last is not None:
        split = (found.first, found.middle or "", found.last)
        assert [part.casefold() for part in split] == [
            part.casefold() for part in (parsed.given, parsed.middle, parsed.family)
        ]
    else:
        assert not (parsed.given and parsed.family)


@given(st.text(max_size=60))
@example("II")
@example("ß")
@example("ŉ ǰ")
def test_the_usual_case_stays_the_usual_case(text: str) -> None:
    once = names.usual_case(text)

    assert names.usual_case(once) == once or once.islower() or once.isupper()


@pytest.mark.parametrize(
    ("text", "normalized", "seniority", "function"),
    [
        ("VP Sales", "VP of Sales", "vp", "sales"),
        ("vice president of sales", "VP of Sales", "vp", "sales"),
        ("Sales VP", "VP of Sales", "vp", "sales"),
        ("V.P., Sales", "VP of Sales", "vp", "sales"),
        ("SVP Marketing", "SVP of Marketing", "vp", "marketing"),
        ("Chief Technology Officer", "CTO", "c_level", "engineering"),
        ("Chief Information Security Officer", "CISO", "c_level", "it"),
        ("CFO", "CFO", "c_level", "finance"),
        ("Director, Operations", "Director of Operations", "director", "operations"),
        ("Marketing Director", "Director of Marketing", "director", "marketing"),
        ("DIRECTOR OF IT", "Director of IT", "director", "it"),
        ("Geschäftsführer", "Managing Director", "c_level", "management"),
        ("Leiter Vertrieb", "Head of Sales", "head", "sales"),
        ("Vertriebsleiter", "Head of Sales", "head", "sales"),
        ("Directeur commercial", "Director of Sales", "director", "sales"),
        ("Directeur des Ventes", "Director of Sales", "director", "sales"),
        ("Responsable Marketing", "Marketing Manager", "manager", "marketing"),
        ("Sr. Software Eng.", "Senior Software Engineer", "senior", "engineering"),
        ("CEO & Founder", "CEO & Founder", "owner", None),
        ("HR Business Partner", "HR Business Partner", "staff", "human_resources"),
        ("Product Owner", "Product Owner", "staff", "product"),
        ("Chief of Staff", "Chief of Staff", "staff", None),
        ("Executive Assistant to the CEO", "Executive Assistant to the CEO", "staff", "administration"),
        ("Head of Partner Development", "Head of Partner Development", "head", None),
        ("Vice President Medical Affairs", "VP Medical Affairs", "vp", "healthcare"),
        ("Student Counsellor", "Student Counsellor", "staff", None),
        ("Director Diversity", "Director Diversity", "director", None),
        ("Chief Engineer", "Chief Engineer", "head", "engineering"),
        ("General Manager", "General Manager", "director", None),
        ("Intern", "Intern", "intern", None),
        ("data scientist", "Data Scientist", "staff", "data"),
        ("Partner", "Partner", "partner", None),
    ],
)
def test_job_titles(text: str, normalized: str, seniority: str, function: str | None) -> None:
    found = job_title(text)

    assert (found.normalized, found.seniority, found.function) == (normalized, seniority, function)


def test_every_title_of_the_list_is_read_and_its_form_is_stable() -> None:
    titles = (TITLES / "job_titles.txt").read_text(encoding="utf-8").splitlines()

    found = [job_title(title) for title in titles if title]
    changed = [each for each in found if job_title(each.normalized).normalized != each.normalized]

    assert len(found) > 70_000
    assert {each.seniority for each in found} <= SENIORITIES
    assert changed == []


@given(st.text(max_size=100))
def test_any_text_is_a_title_of_some_kind(text: str) -> None:
    assert job_title(text).seniority in SENIORITIES


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("deu", "DE"), ("Germany", "DE"), ("Deutschland", "DE"), ("Allemagne", "DE"), ("Германия", "DE"),
        ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"), ("États-Unis", "US"), ("🇫🇷", "FR"),
        ("UK", "GB"), ("England", "GB"), ("The Netherlands", "NL"), ("日本", "JP"), ("South Korea", "KR"),
        ("Česko", "CZ"), ("Türkei", "TR"), ("Ivory Coast", "CI"), ("Atlantis", None), ("", None),
    ],
)  # fmt: skip
def test_countries(text: str, code: str | None) -> None:
    assert country(text) == code


@pytest.mark.parametrize(
    ("text", "nation", "born"),
    [
        ("1980-05-17", None, "1980-05-17"),
        ("1980-05-17T00:00:00Z", None, "1980-05-17"),
        ("19800517", None, "1980-05-17"),
        ("17.05.1980", None, "1980-05-17"),
        ("05/17/1980", None, "1980-05-17"),
        ("17/05/1980", None, "1980-05-17"),
        ("05/06/1980", "US", "1980-05-06"),
        ("05/06/1980", "GB", "1980-06-05"),
        ("05/06/1980", None, "05/06/1980"),
        ("05/05/1980", None, "1980-05-05"),
        ("17 May 1980", None, "1980-05-17"),
        ("May 17, 1980", None, "1980-05-17"),
        ("17. März 1980", None, "1980-03-17"),
        ("17 août 1980", None, "1980-08-17"),
        ("31/02/1980", None, "31/02/1980"),
        ("17/05/80", "GB", "17/05/80"),
        ("yesterday", None, "yesterday"),
    ],
)
def test_dates_of_birth(text: str, nation: str | None, born: str) -> None:
    assert date_of_birth(text, country=nation) == born


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("https://www.linkedin.com/in/Jane-Doe/", "https://www.linkedin.com/in/jane-doe"),
        ("linkedin.com/in/jane-doe?trk=x", "https://www.linkedin.com/in/jane-doe"),
        ("http://de.linkedin.com/in/jane-doe/details", "https://www.linkedin.com/in/jane-doe"),
        ("/in/jane-doe", "https://www.linkedin.com/in/jane-doe"),
        ("jane-doe-12ab", "https://www.linkedin.com/in/jane-doe-12ab"),
        ("https://linkedin.com/in/j%C3%BCrgen", "https://www.linkedin.com/in/jürgen"),
        ("https://www.linkedin.com/pub/jane-doe/1/2b/3c4", "https://www.linkedin.com/pub/jane-doe/1/2b/3c4"),
        ("https://www.linkedin.com/company/acme", None),
        ("https://www.linkedin.com/in/", None),
        ("https://evil.example/in/jane-doe", None),
        ("yes", None),
    ],
)
def test_profiles(text: str, profile: str | None) -> None:
    assert profiles.linkedin(text) == profile


@given(st.text(max_size=80).map(lambda text: f"linkedin.com/in/{text}") | st.text(max_size=40))
def test_a_profile_is_read_as_itself(text: str) -> None:
    found = profiles.linkedin(text)

    assert found is None or profiles.linkedin(found) == found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1200", 1200), ("1,200", 1200), ("1.200", 1200), ("1 200", 1200), ("1'200", 1200), ("51-200", 125.5),
        ("1,000-5,000", 3000), ("1,000 - 5,000 employees", 3000), ("11 to 50", 30.5), ("5000+", 5000),
        ("10,001+", 10001),
        ("~200", 200), ("about 200 people", 200), ("2.5k", 2500), ("1-5k", 3000), ("$10M", 10_000_000),
        ("10M USD", 10_000_000), ("€1.5bn", 1_500_000_000), ("1,5 Mio €", 1_500_000), ("2 Mrd", 2_000_000_000),
        ("$10M-$50M", 30_000_000), ("$10-50M", 30_000_000), ("3 milliards", 3_000_000_000), ("12.5", 12.5),
        ("250 Mitarbeiter", 250), ("500 million", 500_000_000), ("0", 0),
        ("many", None), ("200-50", None), ("1-2-3", None), ("-5", None), ("10 potatoes", None), ("9" * 30, None),
    ],
)  # fmt: skip
def test_amounts(text: str, number: float | None) -> None:
    assert quantities.amount(text) == number


def test_a_count_is_whole() -> None:
    assert [quantities.whole(text) for text in ("51-200", "2.5k", "many")] == [125, 2500, None]


@pytest.mark.parametrize(
    ("text", "year"), [("2019", 2019), ("2019.0", 2019), ("March 2019", 2019), ("2019-03-01", 2019), ("19", None),
                       ("2018-2019", None), ("12019", None)]
)  # fmt: skip
def test_years(text: str, year: int | None) -> None:
    assert quantities.year(text) == year


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("Stripe; React ;Stripe", ["Stripe", "React"]),
        ("Stripe, React", ["Stripe", "React"]),
        ("Stripe|React", ["Stripe", "React"]),
        ('["Stripe", "React", 3]', ["Stripe", "React"]),
        ("Node.js", ["Node.js"]),
        (" ; ", None),
        ("[", ["["]),
    ],
)
def test_lists(text: str, elements: list[str] | None) -> None:
    assert quantities.listed(text) == elements


@given(st.text("0123456789.,'kKmMbn $€-\u2013+~to ", max_size=30))
def test_no_text_breaks_a_quantity(text: str) -> None:
    found = quantities.amount(text)

    assert found is None or found >= 0
    quantities.year(text)
    quantities.listed(text)
