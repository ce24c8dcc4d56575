"""Made-up companies, as many as wanted: always the same ones, distributed roughly as real ones are.

Sizes are log-normal, industries are those of the taxonomy, and not everything is known of everybody. Technologies,
words and tags follow the law of Zipf and Mandelbrot, so that the commonest of each are as common, and companies have as
much in common, as in the directory of `bench.quality` (a third say what the commonest word says, one in sixty what the
hundredth does). Customers are of fewer industries than other companies, larger, younger and nearer together, so that
every factor has something to say.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from winnow_scoring.similarity.industries import names_by_group

PLACES = [
    ("US", "California", ["San Francisco", "Los Angeles", "San Diego"], 30),
    ("US", "New York", ["New York", "Buffalo"], 20),
    ("US", "Texas", ["Austin", "Dallas", "Houston"], 14),
    ("GB", "England", ["London", "Manchester", "Bristol"], 10),
    ("DE", "Bavaria", ["Munich", "Nuremberg"], 5),
    ("DE", "Berlin", ["Berlin"], 4),
    ("FR", "Ile-de-France", ["Paris"], 5),
    ("IN", "Karnataka", ["Bengaluru", "Mysuru"], 6),
    ("CA", "Ontario", ["Toronto", "Ottawa"], 4),
    ("BR", "Sao Paulo", ["Sao Paulo", "Campinas"], 2),
]
STAGES = ["Pre-Seed", "Seed", "Series A", "Series B", "Series C", "Series D", "IPO"]
SIGNALS = ["hiring", "new office", "press", "headcount growth", "new executive"]
TECHNOLOGIES, WORDS, TAGS = 400, 6_000, 300
CUSTOMERS_GROUPS = 12
CHUNK = 10_000
"""Companies that are drawn at once."""

_SYLLABLES = "ba co da fe gi ho ju ka li mo nu pa ra si to vu we xa yo zi".split()  # noqa: SIM905 - they are words


def companies(count: int, *, seed: int, customers: bool) -> Iterator[dict[str, Any]]:
    """The first companies of this seed: customers, or anybody."""
    for chunk in range(0, count, CHUNK):
        draw = np.random.default_rng([seed, chunk])
        columns = _columns(draw, min(CHUNK, count - chunk), customers=customers)
        for row in zip(*columns.values(), strict=True):
            yield _company(dict(zip(columns, row, strict=True)))


def _columns(draw: np.random.Generator, count: int, *, customers: bool) -> dict[str, list[Any]]:
    """What is drawn for each company."""
    groups = len(names_by_group())
    sizes = np.exp(draw.normal(4.2, 1.2, count) if customers else draw.normal(3.4, 1.8, count)).astype(int) + 1
    chances = np.array([chance for *_, chance in PLACES], dtype=float) ** (1.5 if customers else 1.0)
    ages = np.minimum(draw.geometric(0.12 if customers else 0.06, count), 150)
    stages = draw.binomial(len(STAGES) - 1, 0.4 if customers else 0.25, count)
    return {
        "group": draw.integers(CUSTOMERS_GROUPS if customers else groups, size=count).tolist(),
        "size": sizes.tolist(),
        "revenue": (sizes * np.exp(draw.normal(11.6, 0.7, count))).astype(int).tolist(),
        "founded": (2025 - ages).tolist(),
        "stage": stages.tolist(),
        "total": np.exp(draw.normal(13 + stages, 0.8, count)).astype(int).tolist(),
        "place": draw.choice(len(PLACES), count, p=chances / chances.sum()).tolist(),
        "known": draw.random((count, 4)).tolist(),
        "numbers": draw.integers(1 << 20, size=(count, 4)).tolist(),
        "technologies": _several(draw, count, of=TECHNOLOGIES, least=2, most=12),
        "words": _several(draw, count, of=WORDS, least=8, most=14),
        "tags": _several(draw, count, of=TAGS, least=1, most=4),
        "customers": [customers] * count,
    }


def _company(drawn: dict[str, Any]) -> dict[str, Any]:
    country, region, cities, _ = PLACES[drawn["place"]]
    names = list(names_by_group().values())[drawn["group"]]
    first, second, third, fourth = drawn["numbers"]
    shift = 3 if drawn["customers"] else 0
    company: dict[str, Any] = {
        "name": f"{_word(first % WORDS).capitalize()} {_word(second % WORDS).capitalize()}",
        "industry": names[third % len(names)].capitalize(),
        "employees": drawn["size"],
        "country": country,
        "region": region,
        "city": cities[fourth % len(cities)],
        "technologies": [f"Tool {(each + shift) % TECHNOLOGIES}" for each in drawn["technologies"]],
        "tags": [_word(WORDS + each).capitalize() for each in drawn["tags"]],
        "description": " ".join([_word(_of_group(each, drawn["group"])) for each in drawn["words"]]),
        "status": "active",
    }
    revenue, founded, funded, signals = drawn["known"]
    if revenue < 0.5:
        company["revenue"] = drawn["revenue"]
    if founded < 0.8:
        company["founded"] = drawn["founded"]
    if funded < 0.4:
        company |= {"funding_stage": STAGES[drawn["stage"]], "funding_total": drawn["total"]}
    if signals < (0.5 if drawn["customers"] else 0.3):
        company["signals"] = [SIGNALS[first % len(SIGNALS)], SIGNALS[shift]]
    return company


def _of_group(word: int, group: int) -> int:
    """Every third word is one of those that are common in a group of industries."""
    return (word + group * 101) % WORDS if word % 3 == 0 else word


def _several(draw: np.random.Generator, count: int, *, of: int, least: int, most: int) -> Sequence[Sequence[int]]:
    """For each company so many numbers below `of`, small ones far more often."""
    chances: NDArray[np.float64] = 1 / (np.arange(of) + 3.0)
    drawn = np.searchsorted(np.cumsum(chances / chances.sum()), draw.random((count, most))).clip(max=of - 1)
    lengths = draw.integers(least, most + 1, size=count).tolist()
    return [list(dict.fromkeys(row[:length])) for row, length in zip(drawn.tolist(), lengths, strict=True)]


def _word(number: int) -> str:
    """A word of its own for each number."""
    syllables = []
    number += len(_SYLLABLES)
    while number:
        number, syllable = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[syllable])
    return "".join(syllables)
