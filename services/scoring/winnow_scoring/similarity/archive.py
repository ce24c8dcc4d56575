"""A model as bytes, and back: a header of JSON, then its arrays as they lie in memory, then the profiles.

Nothing in it can run code, and a model that was read gives the same scores, byte for byte, as the one that was written.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from winnow_contracts.similarity import Factor, Reference

from winnow_scoring.similarity.calibration import Calibration
from winnow_scoring.similarity.columns import Column
from winnow_scoring.similarity.factors import CODED
from winnow_scoring.similarity.industries import Industry
from winnow_scoring.similarity.model import Customers, Model, Quality, TermSpace, Topic
from winnow_scoring.similarity.terms import Index, Vocabulary
from winnow_scoring.similarity.traits import Funding, Location, Size

FORMAT: Final = 1
_LENGTH: Final = struct.Struct("<Q")
_ALIGNMENT: Final = 64

Arrays = dict[str, NDArray[Any]]


class Unreadable(ValueError):
    """The bytes are no model of this format."""


def write(model: Model) -> Iterator[bytes]:
    """The pieces of a model, to be joined."""
    arrays = _arrays(model)
    head = _head(model) | {
        "format": FORMAT,
        "arrays": [[name, array.dtype.str, len(array)] for name, array in arrays.items()],
    }
    text = orjson.dumps(head)
    yield _LENGTH.pack(len(text))
    yield text
    position = _LENGTH.size + len(text)
    for array in arrays.values():
        padding = -position % _ALIGNMENT
        yield bytes(padding)
        yield array.tobytes()
        position += padding + array.nbytes


def read(data: bytes) -> Model:
    """The model that was written. Raises `Unreadable`."""
    try:
        (length,) = _LENGTH.unpack_from(data)
        head = orjson.loads(data[_LENGTH.size : _LENGTH.size + length])
        if head["format"] != FORMAT:
            raise Unreadable(f"format {head['format']}")
        return _model(head, _read_arrays(data, head["arrays"], start=_LENGTH.size + length))
    except Unreadable:
        raise
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise Unreadable(type(error).__name__) from error


def _read_arrays(data: bytes, described: list[tuple[str, str, int]], *, start: int) -> Arrays:
    arrays: Arrays = {}
    for name, kind, count in described:
        start += -start % _ALIGNMENT
        array: NDArray[Any] = np.frombuffer(data, dtype=np.dtype(kind), count=count, offset=start)
        arrays[name] = array
        start += array.nbytes
    return arrays


def _arrays(model: Model) -> Arrays:
    profiles = [model.customers.profiles[place].encode() for place in range(len(model.customers.domains))]
    arrays: Arrays = {f"codes {factor}": model.columns[factor].codes.astype(np.int32) for factor in CODED}
    for name, space in (("technologies", model.technologies), ("words", model.words)):
        arrays |= {
            f"{name} rarity": space.vocabulary.rarity,
            f"{name} starts": space.index.starts,
            f"{name} customers": space.index.customers,
            f"{name} values": space.index.values,
            f"{name} known": space.index.known,
        }
    return arrays | {
        "weights": model.customers.weights,
        "direction": model.topic.direction,
        "population": model.calibration.population,
        "profile ends": np.cumsum([len(profile) for profile in profiles], dtype=np.int64),
        "profiles": np.frombuffer(b"".join(profiles), dtype=np.uint8),
    }


def _head(model: Model) -> dict[str, Any]:
    return {
        "version": model.version,
        "domains": list(model.customers.domains),
        "values": {factor: [_plain(value) for value in model.columns[factor].values] for factor in CODED},
        "spaces": {
            name: {
                "terms": list(space.vocabulary.places),
                "unseen": space.vocabulary.unseen,
                "typical": space.typical,
            }
            for name, space in (("technologies", model.technologies), ("words", model.words))
        },
        "topic": model.topic.half,
        "factor_weights": dict(model.weights),
        "neutral": dict(model.neutral),
        "reach": model.reach,
        "calibration": [model.calibration.company, model.calibration.customer],
        "reference": model.reference.model_dump(),
        "coverage": dict(model.coverage),
        "quality": asdict(model.quality),
    }


def _model(head: Mapping[str, Any], arrays: Arrays) -> Model:
    company, customer = head["calibration"]
    return Model(
        version=head["version"],
        customers=Customers(
            domains=head["domains"],
            weights=arrays["weights"],
            profiles=Profiles(arrays["profiles"].tobytes(), ends=arrays["profile ends"]),
        ),
        columns={
            factor: Column.restored(
                factor,
                codes=arrays[f"codes {factor}"],
                values=[_VALUES[factor](value) for value in head["values"][factor]],
            )
            for factor in CODED
        },
        technologies=_space("technologies", head, arrays),
        words=_space("words", head, arrays),
        topic=Topic(direction=arrays["direction"], half=head["topic"]),
        weights=head["factor_weights"],
        neutral=head["neutral"],
        reach=head["reach"],
        calibration=Calibration(company=company, customer=customer, population=arrays["population"]),
        reference=Reference.model_validate(head["reference"]),
        coverage=head["coverage"],
        quality=Quality(**head["quality"]),
    )


def _space(name: str, head: Mapping[str, Any], arrays: Arrays) -> TermSpace:
    told = head["spaces"][name]
    places = {term: place for place, term in enumerate(told["terms"])}
    return TermSpace(
        vocabulary=Vocabulary(places, arrays[f"{name} rarity"], told["unseen"]),
        index=Index(*(arrays[f"{name} {part}"] for part in ("starts", "customers", "values", "known"))),
        typical=told["typical"],
    )


class Profiles:
    """Many texts in one piece of memory: a million of them as objects would take ten times as much."""

    def __init__(self, text: bytes, *, ends: NDArray[np.int64]) -> None:
        self._text = text
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        start = 0 if place == 0 else int(self._ends[place - 1])
        return self._text[start : int(self._ends[place])].decode()


def _plain(value: Any) -> Any:
    """A trait as JSON."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Industry):
        return [value.name, value.group, value.sector, sorted(value.words)]
    return list(value) if isinstance(value, tuple) else value


_VALUES: Final[Mapping[Factor, Any]] = {
    "industry": lambda plain: Industry(plain[0], plain[1], plain[2], frozenset(plain[3])),
    "company_size": lambda plain: Size(*plain),
    "funding": lambda plain: Funding(*plain),
    "growth_signals": frozenset,
    "location": lambda plain: Location(*plain),
    "age": int,
}
"""From JSON to traits."""
