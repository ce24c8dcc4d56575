"""The methods: each gives every candidate a number, the higher the more it is like the customers.

What others do with neighbours leaves open how many of them count. Each of them is run with several numbers, and given
the best afterwards, which nobody could choose beforehand; ours is run as it is.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize
from winnow_contracts.similarity import Factor, Reference
from winnow_scoring.similarity.building import Customer, build
from winnow_scoring.similarity.comparing import NothingKnown, compare
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import nearest
from winnow_scoring.similarity.traits import traits_of

from bench.quality.startups import Directory, Question, Row, read

Floats = NDArray[np.float64]

NEIGHBOURS = (1, 5, 15, 50)
TODAY = date(2026, 3, 1)
SETS = ("tags", "technologies", "signals")
CATEGORIES = ("country", "region", "city", "funding_stage", "status")


# Ours


def our_model(directory: Directory, question: Question, *, population: int) -> Model:
    """The model of the customers, with the other companies as reference population; `population` at most, by hash."""
    others = sorted(question.candidates(directory), key=lambda place: hashlib.blake2b(str(place).encode()).digest())
    profiles = [_profile(directory.rows[place]) for place in others[:population]]
    customers = [Customer(f"{place:05}.example", 1.0, _profile(directory.rows[place])) for place in question.customers]
    return build(
        customers, population=profiles, reference=Reference(name="your companies", size=len(profiles)), version=1
    )


def raw_similarities(model: Model, rows: Sequence[Row]) -> Floats:
    """What scores are made of."""
    return np.array([nearest(model, traits_of(row)).raw for row in rows])


def scores(model: Model, rows: Sequence[Row]) -> Floats:
    """What callers get."""
    return np.array([_score(model, row) for row in rows])


def _score(model: Model, row: Row) -> float:
    try:
        return compare(model, row, domain="candidate.example", as_of=TODAY, today=TODAY).score
    except NothingKnown:
        return 0.0


def facts(model: Model) -> dict[Factor, tuple[float, float]]:
    """By factor, its weight and its separation."""
    separation = model.quality.separation
    return {factor: (weight, separation[factor] or 0.5) for factor, weight in model.weights.items()}


def _profile(row: Row) -> str:
    return orjson.dumps(row).decode()


# The others


Neighbours = Callable[[Sequence[int], Sequence[int]], Floats]
"""From candidates and customers to the likeness of each candidate to each customer."""


def by_neighbours(likeness: Neighbours, candidates: Sequence[int], customers: Sequence[int]) -> dict[int, Floats]:
    """The mean over the nearest customers, by how many of them."""
    ordered = -np.sort(-likeness(candidates, customers), axis=1)
    return {count: ordered[:, :count].mean(axis=1) for count in NEIGHBOURS}


@lru_cache(maxsize=1)
def others() -> Mapping[str, Neighbours]:
    """The other methods by name, each prepared once for all companies."""
    rows = read().rows
    return {
        "TF-IDF neighbours, description and tags": _cosine(_tfidf(rows, ("description", "tags"))),
        "TF-IDF neighbours, all text": _cosine(_tfidf(rows, ("name", "description", "tags", "technologies"))),
        "one-hot cosine": _cosine(_one_hot(rows)),
        "Gower distance": _gower(rows),
    }


def _cosine(vectors: csr_matrix) -> Neighbours:
    return lambda candidates, customers: (vectors[candidates] @ vectors[customers].T).toarray()


def _tfidf(rows: Sequence[Row], fields: Sequence[str]) -> csr_matrix:
    """Words, and each tag and technology as a word of its own besides."""
    documents = [" ".join(_words(row, fields)) for row in rows]
    return csr_matrix(TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(documents))


def _words(row: Row, fields: Sequence[str]) -> list[str]:
    found: list[str] = []
    for field in fields:
        value = row.get(field, "")
        if isinstance(value, list):
            found += [f"{field}_{'_'.join(element.split())}" for element in value]
            value = " ".join(value)
        found.append(value)
    return found


def _one_hot(rows: Sequence[Row]) -> csr_matrix:
    """Categories, elements of lists and the magnitude of the size as noughts and ones; the size itself from 0 to 1."""
    return csr_matrix(normalize(DictVectorizer().fit_transform([_features(row) for row in rows])))


def _features(row: Row) -> dict[str, float]:
    features = {f"{field}={row[field]}": 1.0 for field in CATEGORIES if field in row}
    features |= {f"{field}={element}": 1.0 for field in SETS for element in row.get(field, ())}
    if "employees" in row:
        size = math.log10(1 + row["employees"])
        features |= {f"size={int(2 * size)}": 1.0, "employees": size / 5}
    return features


def _gower(rows: Sequence[Row]) -> Neighbours:
    """One less Gower's distance (1971): the mean over the fields that both know.

    Numbers by their difference over the range (of the logarithm, which is kinder to it), categories by equality, sets
    and the words of the description by Jaccard.
    """
    sizes = np.array([math.log10(1 + row["employees"]) if "employees" in row else np.nan for row in rows])
    span = np.nanmax(sizes) - np.nanmin(sizes)
    categories = [np.array([row.get(field, "") for row in rows]) for field in CATEGORIES]
    sets = [_memberships([row.get(field, []) for row in rows]) for field in SETS]
    sets.append(_memberships([row.get("description", "").lower().split() for row in rows]))

    def likeness(candidates: Sequence[int], customers: Sequence[int]) -> Floats:
        parts = [1 - np.abs(sizes[candidates][:, None] - sizes[customers][None, :]) / span]
        for texts in categories:
            one, other = texts[candidates][:, None], texts[customers][None, :]
            parts.append(np.where((one != "") & (other != ""), (one == other).astype(float), np.nan))
        parts += [_jaccard(members[candidates], members[customers]) for members in sets]
        known = sum((~np.isnan(part)).astype(float) for part in parts)
        total: Floats = sum(np.nan_to_num(part) for part in parts) / np.maximum(known, 1)
        return total

    return likeness


def _memberships(sets: Sequence[Sequence[str]]) -> csr_matrix:
    return csr_matrix(DictVectorizer().fit_transform([dict.fromkeys(elements, 1.0) for elements in sets]))


def _jaccard(one: csr_matrix, other: csr_matrix) -> Floats:
    """NaN where either side has nothing."""
    both = (one @ other.T).toarray()
    ours, theirs = np.asarray(one.sum(axis=1)), np.asarray(other.sum(axis=1)).T
    found: Floats = np.where((ours > 0) & (theirs > 0), both / np.maximum(ours + theirs - both, 1), np.nan)
    return found
