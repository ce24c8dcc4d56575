"""Synthetic people as lead lists know them: always the same for a seed, with the dirt of real lists and the truth.

Most people are in the list once, some up to five times. Each further row is a new look at the person: with slips of the
pen, a nickname, an initial, names swapped, another address after a move, another employer, e-mail and phone after a
change of jobs, and with fields missing. What makes it hard is there too: names that hundreds share, households with one
surname, street and landline, children named like a parent, twins, colleagues with one switchboard and one office,
addresses like info@ that are nobody's, and direct lines that differ by their last digits. Phones are in E.164 and texts
are as a person wrote them, as the phases before matching leave them.

Nicknames are of the public list in the data folder, not of the table that the engine under test ships.
"""

import csv
import os
import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from unicodedata import combining, normalize

from bench.dedup import words

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))
BLOCK = 4_000
"""People that are made at once; households are within a block."""

FIELDS = (
    "first_name", "last_name", "email", "phone", "company", "domain", "linkedin", "date_of_birth", "street", "city",
    "postcode", "region",
)  # fmt: skip
Row = tuple[str | None, ...]
"""Values in the order of `FIELDS`."""

_ROWS = [0.72, 0.89, 0.955, 0.985, 1.0]
"""Cumulative share of people with at most one, two … five rows."""
_PRESENT = {
    "first_name": 0.97, "last_name": 0.97, "email": 0.85, "phone": 0.72, "company": 0.9, "domain": 0.75, "linkedin": 0.35,
    "date_of_birth": 0.2, "street": 0.6, "city": 0.88, "postcode": 0.6, "region": 0.6,
}  # fmt: skip
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives; a household shares it."""

    street: str
    city: str
    postcode: str
    region: str
    landline: str


@dataclass(frozen=True, slots=True)
class Employer:
    """A company with its office and its way to make e-mail addresses."""

    name: str
    domain: str
    office: Home
    pattern: int
    line: str
    """Begins the direct lines."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as they are."""

    first: str
    last: str
    born: tuple[int, int, int]
    home: Home
    employer: Employer | None
    mobile: str
    extension: int
    handle: str
    """Of the private e-mail address, with its domain."""
    linkedin: str


def blocks(count: int, *, seed: int = 1) -> Iterator[list[tuple[int, Row]]]:
    """Rows with the number of their person, in blocks, `count` in all."""
    made, block = 0, 0
    while made < count:
        rows = _block(block, seed=seed, companies=max(count // 11, 20))[: count - made]
        made += len(rows)
        block += 1
        yield rows


def _block(block: int, *, seed: int, companies: int) -> list[tuple[int, Row]]:
    draw = random.Random(f"people {seed} {block}")
    rows: list[tuple[int, Row]] = []
    number = block * BLOCK
    while number < (block + 1) * BLOCK:
        for person in _household(draw, seed=seed, companies=companies):
            looks = bisect(_ROWS, draw.random()) + 1
            rows.extend((number, row) for row in _rows_of(draw, person, looks, companies=companies, seed=seed))
            number += 1
    draw.shuffle(rows)
    return rows


def _household(draw: random.Random, *, seed: int, companies: int) -> list[Person]:
    """One to four people under one roof."""
    home = _home(draw)
    size = bisect([0.55, 0.82, 0.93, 1.0], draw.random()) + 1
    last, year = _surname(draw), draw.randint(1950, 1985)
    people: list[Person] = []
    for member in range(size):
        child = member >= 2 or (member == 1 and draw.random() < 0.2)
        born = (
            year + (draw.randint(20, 36) if child else draw.randint(-6, 6)),
            draw.randint(1, 12),
            draw.randint(1, 28),
        )
        first = people[0].first if child and draw.random() < 0.06 else _first_name(draw)
        if member == 3 and draw.random() < 0.1:
            born = people[2].born
        surname = last if draw.random() < 0.85 else _surname(draw)
        people.append(_person(draw, _Draft(first, surname, born, home), seed=seed, companies=companies))
    return people


@dataclass(frozen=True, slots=True)
class _Draft:
    first: str
    last: str
    born: tuple[int, int, int]
    home: Home


def _person(draw: random.Random, draft: _Draft, *, seed: int, companies: int) -> Person:
    first, last = _plain(draft.first), _plain(draft.last)
    digits = str(draw.choice([draft.born[0], draft.born[0] % 100, draw.randint(1, 999), ""]))
    local = draw.choice(
        [f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}_{last}"]
    )
    if draw.random() < 0.15:
        local = draw.choice(words.COMPANY_WORDS).lower() + draw.choice(words.CITIES).split()[0].lower()
        local = _plain(local)
    return Person(
        draft.first,
        draft.last,
        draft.born,
        draft.home,
        _employer(draw, seed=seed, companies=companies) if draw.random() < 0.88 else None,
        _mobile(draw),
        draw.randint(10, 99),
        f"{local}{digits}@{draw.choice(words.FREE_MAIL)}",
        f"https://www.linkedin.com/in/{first}-{last}"
        + (f"-{draw.getrandbits(32):08x}" if draw.random() < 0.7 else f"{draw.randint(1, 99)}"),
    )


def _home(draw: random.Random, *, city: int | None = None) -> Home:
    city = int(len(words.CITIES) * draw.random() ** 1.6) if city is None else city
    number = draw.randint(1, 300) if draw.random() < 0.97 else f"{draw.randint(1, 90)}{draw.choice('abc')}"
    street = f"{number} {draw.choice(words.STREETS)} {draw.choice(list(words.STREET_KINDS))}"
    return Home(
        street,
        words.CITIES[city],
        f"{10_000 + city * 731 + draw.randint(0, 60)}",
        f"Region {city % 37}",
        f"+{city % 80 + 10}2{city:02d}{draw.randint(10**6, 10**7 - 1)}",
    )


def _mobile(draw: random.Random) -> str:
    return f"+{draw.choice([1, 44, 49, 33])}7{draw.randint(10**8, 10**9 - 1)}"


def _employer(draw: random.Random, *, seed: int, companies: int) -> Employer:
    """Few companies employ many, most of them few."""
    return _company(int(companies * draw.random() ** 2.0), seed)


@lru_cache(maxsize=200_000)
def _company(number: int, seed: int) -> Employer:
    draw = random.Random(f"company {seed} {number}")
    one, two, kind = (draw.choice(each) for each in (words.COMPANY_WORDS, words.COMPANY_WORDS, words.COMPANY_KINDS))
    name = draw.choice([f"{one} {kind}", f"{one}{two.lower()}", f"{one} {two} {kind}", f"{_surname(draw)} {kind}"])
    site = _plain(name.replace(" ", draw.choice(["", "", "-"])))
    domain = f"{site}.{draw.choice(['com'] * 5 + ['io', 'de', 'co.uk', 'net'])}"
    if draw.random() < 0.6:
        name = f"{name} {draw.choice(words.LEGAL_FORMS)}"
    office = _home(draw)
    return Employer(name, domain, office, draw.randrange(5), office.landline[:-3])


def _first_name(draw: random.Random) -> str:
    return words.FIRST_NAMES[min(bisect(_first_shares(), draw.random()), len(words.FIRST_NAMES) - 1)]


@lru_cache(maxsize=1)
def _first_shares() -> Sequence[float]:
    weights = [1 / (rank + 12) for rank in range(len(words.FIRST_NAMES))]
    return [each / sum(weights) for each in accumulate(weights)]


def _surname(draw: random.Random) -> str:
    """A frequent one, a rare one, or two of them."""
    chance = draw.random()
    if chance < 0.02:
        return f"{_surname(draw)}-{_surname(draw)}"
    if chance < 0.55:
        return words.SURNAMES[int((len(words.SURNAMES) + 1) ** draw.random()) - 1]
    return words.RARE_SURNAMES[int(len(words.RARE_SURNAMES) * draw.random() ** 1.3)]


@lru_cache(maxsize=100_000)
def _plain(text: str) -> str:
    table = str.maketrans({"ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "ı": "i", "'": "", " ": "", "ß": "ss"})
    decomposed = normalize("NFKD", text.translate(table))
    return "".join(letter for letter in decomposed if not combining(letter)).lower()


# One look at a person after the other


def _rows_of(draw: random.Random, person: Person, looks: int, *, companies: int, seed: int) -> Iterator[Row]:
    yield _row(draw, person, clean=draw.random() < 0.7)
    for _ in range(looks - 1):
        if draw.random() < 0.07:
            yield _row(draw, person, clean=True)
            continue
        seen = person
        if draw.random() < 0.1:
            seen = replace(seen, home=_home(draw))
        if draw.random() < 0.12:
            seen = replace(
                seen, employer=_employer(draw, seed=seed, companies=companies), extension=draw.randint(10, 99)
            )
        if draw.random() < 0.05:
            seen = replace(seen, mobile=_mobile(draw))
        if draw.random() < 0.015:
            seen = replace(seen, last=_surname(draw))
        yield _row(draw, seen, clean=False)


def _row(draw: random.Random, person: Person, *, clean: bool) -> Row:
    at_work = person.employer is not None and draw.random() < 0.55
    place = _office(person) if person.employer and at_work and draw.random() < 0.6 else person.home
    values: dict[str, str | None] = {
        "first_name": person.first,
        "last_name": person.last,
        "email": _email(draw, person),
        "phone": _phone(draw, person),
        "company": person.employer.name if person.employer else None,
        "domain": person.employer.domain if person.employer else None,
        "linkedin": person.linkedin,
        "date_of_birth": "{:04d}-{:02d}-{:02d}".format(*person.born),
        "street": place.street,
        "city": place.city,
        "postcode": place.postcode,
        "region": place.region,
    }
    for name, share in _PRESENT.items():
        if draw.random() > share:
            values[name] = None
    if not clean:
        _dirty(draw, values)
    if not (values["first_name"] or values["last_name"] or values["email"] or values["phone"]):
        values |= {"first_name": person.first, "last_name": person.last}
    return tuple(values.values())


def _office(person: Person) -> Home:
    """Most work at a branch in their city, some at the head office."""
    assert person.employer is not None
    if person.extension < 70:
        return _branch(person.employer.domain, words.CITIES.index(person.home.city))
    return person.employer.office


@lru_cache(maxsize=200_000)
def _branch(domain: str, city: int) -> Home:
    return _home(random.Random(f"branch {domain} {city}"), city=city)


def _email(draw: random.Random, person: Person) -> str:
    if person.employer is None or draw.random() < 0.3:
        return person.handle
    if draw.random() < 0.02:
        return f"{draw.choice(words.ROLES)}@{person.employer.domain}"
    first, last = _plain(person.first), _plain(person.last)
    pattern = person.employer.pattern
    local = [f"{first}.{last}", f"{first[0]}{last}", f"{first}{last}", f"{first}", f"{first[0]}.{last}"][pattern]
    return f"{local}@{person.employer.domain}"


def _phone(draw: random.Random, person: Person) -> str:
    if person.employer is None or draw.random() < 0.5:
        return person.mobile if draw.random() < 0.7 else person.home.landline
    return person.employer.line + (f"{person.extension}0" if draw.random() < 0.5 else "000")


def _dirty(draw: random.Random, values: dict[str, str | None]) -> None:
    """What people and forms do to a row."""
    _dirty_names(draw, values)
    for name, chance in (("email", 0.03), ("company", 0.05), ("city", 0.03), ("street", 0.06), ("linkedin", 0.01)):
        text = values[name]
        if text and draw.random() < chance:
            values[name] = _slip(draw, text)
    for name, chance in (("phone", 0.04), ("date_of_birth", 0.05), ("postcode", 0.03)):
        text = values[name]
        if text and draw.random() < chance:
            values[name] = _wrong_digit(draw, text)
    email, company, street, born = values["email"], values["company"], values["street"], values["date_of_birth"]
    if email and draw.random() < 0.02:
        values["email"] = email.replace("@", f"+{draw.choice(['crm', 'news', 'list'])}@")
    if company and draw.random() < 0.4:
        values["company"] = _other_company_name(draw, company)
    if street and draw.random() < 0.35:
        head, _, kind = street.rpartition(" ")
        values["street"] = f"{head} {words.STREET_KINDS.get(kind, kind)}"
    if born and draw.random() < 0.03:
        year, month, day = born.split("-")
        values["date_of_birth"] = f"{year}-{day}-{month}" if int(day) <= 12 else born
    for name in values:
        if draw.random() < 0.07:
            values[name] = None


def _dirty_names(draw: random.Random, values: dict[str, str | None]) -> None:
    first, last = values["first_name"], values["last_name"]
    if first:
        chance = draw.random()
        known = _nicknames().get(first.lower())
        if chance < 0.12 and known:
            first = draw.choice(known).capitalize()
        elif chance < 0.15:
            first = f"{first[0]}."
        elif chance < 0.18:
            first = f"{first} {draw.choice(_LETTERS).upper()}."
        elif chance < 0.21:
            first = f"{first} {draw.choice(words.FIRST_NAMES)}"
        elif chance < 0.27:
            first = _slip(draw, first)
    if last and draw.random() < 0.07:
        last = _slip(draw, last)
    if first and last and draw.random() < 0.02:
        first, last = last, first
    writing = draw.random()
    if writing < 0.1:
        first, last = (each and each.upper() for each in (first, last))
    elif writing < 0.25:
        first, last = (each and _plain(each) for each in (first, last))
    values |= {"first_name": first, "last_name": last}


def _other_company_name(draw: random.Random, name: str) -> str:
    head, _, form = name.rpartition(" ")
    if form in words.LEGAL_FORMS or form == "Co.":
        return head.removesuffix(" &")
    return draw.choice([name.upper(), f"{name} {draw.choice(words.LEGAL_FORMS)}", name.lower()])


def _slip(draw: random.Random, text: str) -> str:
    place = draw.randrange(len(text))
    letter = draw.choice(_LETTERS)
    if (kind := draw.randrange(4)) == 0 and len(text) > 2:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    if kind == 2 and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + letter + text[place + 1 :]


def _wrong_digit(draw: random.Random, text: str) -> str:
    places = [place for place, character in enumerate(text) if character.isdigit()][2:]
    place = draw.choice(places)
    if draw.random() < 0.4 and place + 1 < len(text) and text[place + 1].isdigit():
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + str(draw.randrange(10)) + text[place + 1 :]


@lru_cache(maxsize=1)
def _nicknames() -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    with (DATA / "names_titles" / "nicknames.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["relationship"] == "has_nickname":
                found[row["name1"]].append(row["name2"])
    return found
