"""How a process that computes finds duplicates: it gathers a batch, clusters it, and compares it with earlier leads.

Runs in a process of `computing.Slot`. Between `begin` and `compared` the rows of one batch are here, in columns; a
million take some hundred megabytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from winnow_pipeline.matching.clustering import clustered, model_for
from winnow_pipeline.matching.features import features_of
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.keys import matches_between
from winnow_pipeline.matching.model import SHIPPED, Model
from winnow_pipeline.matching.records import Record, Records
from winnow_pipeline.phases.prepared import Prepared, match_record
from winnow_pipeline.vault.contents import lead_of
from winnow_pipeline.vault.sealing import StoredContent, open_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Which rows of the batch are one person."""

    numbers: NDArray[np.int64]
    """Of the rows, in the order of the arrays."""
    survivor: NDArray[np.int64]
    """Place of each row's survivor; its own where it is alone or survives."""
    best_link: NDArray[np.int64]
    confidence: NDArray[np.float32]
    model: str
    """By which they were compared, as JSON."""


@dataclass(slots=True)
class _Desk:
    records: Records = field(default_factory=Records)
    numbers: list[int] = field(default_factory=list)
    preferences: list[float] = field(default_factory=list)
    model: Model | None = None


@cache
def _desk() -> _Desk:
    return _Desk()


def begin() -> None:
    """Forget whatever batch was here."""
    _desk.cache_clear()


def add(content: bytes) -> None:
    """Add a chunk's rows, but for those that could not be read."""
    desk, prepared = _desk(), Prepared.of(content)
    places = [place for place, reason in enumerate(prepared.reasons) if reason is None]
    columns = {name: [column[place] for place in places] for name, column in prepared.match.items()}
    if places and not columns:  # rows that say nothing they could be compared by
        columns = {MatchField.EMAIL: [None] * len(places)}
    desk.records.add(columns)
    desk.numbers += [prepared.numbers[place] for place in places]
    desk.preferences += [prepared.preferences[place] for place in places]


def numbers_of(content: bytes) -> list[int]:
    """Numbers of a chunk's rows that can be compared."""
    prepared = Prepared.of(content)
    return [number for number, reason in zip(prepared.numbers, prepared.reasons, strict=True) if reason is None]


def cluster() -> Clusters:
    """Compare all rows that were added."""
    desk = _desk()
    features = features_of(desk.records)
    desk.model = model = model_for(features)
    found = clustered(features, model=model, preference=desk.preferences)
    return Clusters(
        numbers=np.array(desk.numbers, np.int64),
        survivor=found.survivor,
        best_link=found.best_link,
        confidence=found.confidence,
        model=model.to_json(),
    )


def compared(
    keys: OpenedKeys, *, tenant: UUID, pairs: Sequence[tuple[int, UUID]], earlier: Sequence[StoredContent]
) -> list[tuple[int, UUID, float]]:
    """Pairs of a row (by its place) and an earlier lead that are one person, with the probability of that."""
    desk = _desk()
    records = _records(keys, tenant=tenant, stored=earlier)
    return _matches(desk.records.record, pairs, records, desk.model or SHIPPED)


def compared_leads(
    keys: OpenedKeys, *, tenant: UUID, pairs: Sequence[tuple[UUID, UUID]], stored: Sequence[StoredContent]
) -> list[tuple[UUID, UUID, float]]:
    """The same of pairs of leads that are both stored."""
    records = _records(keys, tenant=tenant, stored=stored)
    known = [pair for pair in pairs if pair[0] in records]
    return _matches(records.__getitem__, known, records, SHIPPED)


def _records(keys: OpenedKeys, *, tenant: UUID, stored: Sequence[StoredContent]) -> dict[UUID, Record]:
    contents = open_chunk(keys, tenant=tenant, leads=stored)
    return {
        each.lead_id: match_record(lead_of(content))
        for each, content in zip(stored, contents, strict=True)
        if content is not None
    }


_Left = TypeVar("_Left", int, UUID)


def _matches(
    record_of: Callable[[_Left], Record],
    pairs: Sequence[tuple[_Left, UUID]],
    earlier: Mapping[UUID, Record],
    model: Model,
) -> list[tuple[_Left, UUID, float]]:
    lefts = list(dict.fromkeys(left for left, _ in pairs))
    rights = list(earlier)
    left_places = {left: place for place, left in enumerate(lefts)}
    right_places = {right: place for place, right in enumerate(rights)}
    wanted = [(left_places[left], right_places[right]) for left, right in pairs if right in right_places]
    found = matches_between(
        [record_of(left) for left in lefts], [earlier[right] for right in rights], wanted, model=model
    )
    return [(lefts[each.new], rights[each.earlier], each.probability) for each in found]
