"""What is read of a company: industries, places, words, sizes and stages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_scoring.similarity.industries import industry_of
from winnow_scoring.similarity.places import country
from winnow_scoring.similarity.traits import Funding, Location, Size, steps, traits_of
from winnow_scoring.similarity.words import MOST_WORDS, stem, surfaces, terms_of

# Industries


@pytest.mark.parametrize(
    ("text", "group", "sector"),
    [
        ("Fintech -> Payments", "payments", "finance"),
        ("B2B -> Payments", "payments", "finance"),
        ("Payments", "payments", "finance"),
        ("  PAYMENTS ", "payments", "finance"),
        ("ﬁnTech", "finance in general", "finance"),
        ("Finance / Banking", "banking", "finance"),
        ("Energy / Oil & Gas", "energy", "energy"),
        ("Oil & Gas", "energy", "energy"),
        ("Consumer -> Food and Beverage", "food and drink", "consumer"),
        ("B2B -> Engineering, Product and Design", "developer tools", "software"),
        ("Software Development", "software in general", "software"),
        ("Health Care Providers & Services", "health services", "health"),
        ("Basket weaving", None, None),
        ("!!!", None, None),
        ("生物技術", None, None),
    ],
)
def test_an_industry_stands_where_the_last_known_part_of_its_name_says(
    text: str, group: str | None, sector: str | None
) -> None:
    assert industry_of(text)[1:3] == (group, sector)


def test_an_industry_that_the_taxonomy_does_not_know_has_its_words() -> None:
    assert industry_of("Basket Weaving and Other Services").words == {"basket", "weav"}


# Places


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["US", "usa", "U.S.", "United States", " United States of America", "840"], "US"),
        (["UK", "GB", "England", "Great Britain", "United Kingdom"], "GB"),
        (["Germany", "de", "DEU"], "DE"),
        (["Czech Republic", "Czechia"], "CZ"),
        (["Turkey", "Türkiye"], "TR"),
        (["Ivory Coast", "Côte d'Ivoire"], "CI"),
        (["Narnia", " NARNIA "], "narnia"),
    ],
)
def test_a_country_is_known_by_any_of_its_names(texts: list[str], code: str) -> None:
    assert {country(text) for text in texts} == {code}


# Words


@pytest.mark.parametrize(
    "words",
    [
        ("payments", "payment"),
        ("banking", "banks", "bank", "banked"),
        ("lending", "lender"),
        ("easy", "easily"),
        ("apis", "api"),
    ],
)
def test_forms_of_a_word_have_one_stem(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize("word", ["is", "ing", "used", "bed", "s", "支付", "fly"])
def test_a_stem_is_never_too_short_to_say_anything(word: str) -> None:
    assert len(stem(word)) >= min(3, len(word))


@given(st.text(max_size=60))
def test_any_text_has_terms_that_can_be_shown(text: str) -> None:
    attributes = {"description": text, "tags": [text]}
    assert set(surfaces(attributes)) <= set(terms_of(attributes))
    assert all(0 < strength <= 1 for strength in terms_of(attributes).values())


def test_words_that_only_the_name_has_count_half_and_tags_are_terms_of_their_own() -> None:
    company = {"name": "Acme Pay", "description": "We build payments for the banks", "tags": ["Open Source", " "]}
    assert terms_of(company) == {
        "acm": 0.5,
        "pay": 0.5,
        "payment": 1.0,
        "bank": 1.0,
        "open": 1.0,
        "sourc": 1.0,
        "tag:open source": 1.0,
    }


def test_a_name_alone_says_nothing() -> None:
    assert terms_of({"name": "Acme Payments"}) == {}


def test_what_is_shown_are_words_as_they_were_written() -> None:
    company = {"name": "Acme", "description": "Payments for banks, paid by banks", "tags": ["Open Source"]}
    assert list(surfaces(company).values()) == ["Open Source", "payments", "banks", "paid", "acme"]
    assert surfaces({"name": "Acme"}) == {}


def test_a_document_is_read_as_far_as_a_description_goes() -> None:
    words = [f"word{number}x" for number in range(MOST_WORDS + 50)]
    assert len(terms_of({"description": " ".join(words)})) == MOST_WORDS


# Sizes, stages and everything else


def test_magnitudes_are_steps_of_a_twentieth_of_a_decade() -> None:
    assert [steps(number) for number in (None, 0, 0.5, 1, 10, 100, 50, 2**53 - 1)] == [None, 0, 0, 0, 20, 40, 34, 319]


@pytest.mark.parametrize(
    ("text", "stage"),
    [("Pre-Seed", 0), ("Seed", 1), ("Series A", 2), ("series-a", 2), ("A", 2), ("SERIES_B", 3), ("Public", 7)],
)
def test_a_funding_stage_has_a_place_in_the_usual_order(text: str, stage: int) -> None:
    assert traits_of({"funding_stage": text}).funding == Funding(stage, None)


def test_a_stage_that_has_no_place_in_the_order_is_not_known() -> None:
    assert traits_of({"funding_stage": "Unheard of"}).is_unknown
    assert traits_of({"funding_stage": "Unheard of", "funding_total": 10}).funding == Funding(None, 20)


def test_all_traits_of_a_company_are_read() -> None:
    traits = traits_of(
        {
            "industry": "Payments",
            "employees": 10,
            "revenue": 100.0,
            "founded": 2010,
            "technologies": ["Stripe", "stripe ", " "],
            "signals": ["Hiring"],
            "country": "USA",
            "city": "Boston",
        }
    )
    assert traits.industry == industry_of("payments")
    assert traits.company_size == Size(20, 40)
    assert traits.tech_stack == {"stripe"}
    assert traits.growth_signals == {"hiring"}
    assert traits.location == Location("US", None, "boston")
    assert traits.age == 2010


@pytest.mark.parametrize(
    "attributes",
    [{}, {"name": "Acme", "status": "active", "custom": {"a": 1}}, {"tags": [" "]}, {"technologies": [], "city": " "}],
)
def test_nothing_to_compare_is_nothing_known(attributes: dict[str, Any]) -> None:
    assert traits_of(attributes).is_unknown
