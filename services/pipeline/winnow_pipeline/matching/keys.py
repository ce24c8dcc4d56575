"""How a person is found again among leads of other batches: by texts that both rows have, then by comparing them.

Texts are made of the folded forms that rows are compared in, and become pseudonyms before they are stored. A few strong
ones: each forgives slips in the fields that it leaves out.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from winnow_pipeline.matching import texts
from winnow_pipeline.matching.clustering import levels_of
from winnow_pipeline.matching.features import features_of
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.model import Model, probability
from winnow_pipeline.matching.nicknames import groups_by_name
from winnow_pipeline.matching.records import Record, Records

_FEWEST_LETTERS: Final = 6


class Match(NamedTuple):
    """Two rows that are one person, by their places, and how probably."""

    new: int
    earlier: int
    probability: float


def blocking_keys(record: Record) -> list[str]:
    """The texts under which a person is found again."""
    said = record.get
    first, last = _name(record)
    person = _person(first)
    local, mail_domain = texts.email(said(MatchField.EMAIL) or "")
    phone = texts.phone(said(MatchField.PHONE) or "")
    company = texts.company(said(MatchField.COMPANY) or "")
    domain = texts.domain(said(MatchField.DOMAIN) or "")
    birth = texts.birth(said(MatchField.DATE_OF_BIRTH) or "")
    postcode = texts.place(said(MatchField.POSTCODE) or "")
    city = texts.place(said(MatchField.CITY) or "")
    unnamed = "" if first or last or local else "company"
    parts = (
        ("mail", local, mail_domain),
        ("phone", phone),
        ("profile", texts.linkedin(said(MatchField.LINKEDIN) or "")),
        ("id", texts.identifier(said(MatchField.NATIONAL_ID) or "")),
        ("local", local if len(local) >= _FEWEST_LETTERS else ""),
        ("name at domain", person, last, domain),
        ("name at company", person, last, company),
        ("name in city", person, last, city),
        ("name in postcode", last, postcode),
        ("born", birth, last),
        ("born as", birth, person),
        ("company", unnamed, domain or company),
    )
    return ["/".join(part) for part in parts if all(part)]


def matches_between(
    new: Sequence[Record], earlier: Sequence[Record], pairs: Sequence[tuple[int, int]], *, model: Model
) -> list[Match]:
    """The pairs that are one person."""
    if not pairs:
        return []
    every = [*new, *earlier]
    records = Records()
    records.add({field: [each.get(field) for each in every] for field in MatchField})
    left = np.array([one for one, _ in pairs], np.int32)
    right = np.array([two + len(new) for _, two in pairs], np.int32)
    totals = model.totals(levels_of(features_of(records), left, right))
    certain = probability(totals)
    return [
        Match(one, two, float(certain[place])) for place, (one, two) in enumerate(pairs) if totals[place] >= model.least
    ]


def _name(record: Record) -> tuple[str, str]:
    first, last = record.get(MatchField.FIRST_NAME), record.get(MatchField.LAST_NAME)
    if first is None and last is None and (full := record.get(MatchField.FULL_NAME)) is not None:
        return texts.split_name(full)
    return texts.name(first or ""), texts.name(last or "")


def _person(first: str) -> str:
    """The first word of a first name, or what its bearers are called most."""
    head = first.partition(" ")[0]
    lines = groups_by_name().get(head)
    return f"~{lines[0]}" if lines else head
