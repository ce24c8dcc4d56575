"""Files of results: every format says the same, and no spreadsheet takes a cell for a formula."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pyarrow.parquet
import pytest
from winnow_pipeline.leads import Account, Contact, Lead
from winnow_pipeline.phases import rendering
from winnow_pipeline.phases.rendering import COLUMNS, neutral
from winnow_pipeline.public_ids import lead_id
from winnow_pipeline.store.leads import StoredLead
from winnow_pipeline.vault.contents import content_of
from winnow_pipeline.vault.sealing import seal_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys

from .data import DATA

TENANT, BATCH = UUID(int=1), UUID(int=2)
KEYS = OpenedKeys(tenant=TENANT, wrap_version=1, wraps={1: bytes(32)}, pseudonyms=((1, bytes(32)),))


def stored(number: int, contact: Contact, source: dict[str, str]) -> StoredLead:
    id = lead_id(BATCH, number)
    lead = Lead(number=number, line=number + 1, contact=contact, account=Account(name="A"), source=source)
    [sealed] = seal_chunk(KEYS, tenant=TENANT, contents=[(id, content_of(lead))])
    return StoredLead(
        lead_id=id,
        batch_id=BATCH,
        line=number + 1,
        status="qualified",
        reason_code=None,
        reason_detail=None,
        duplicate_of=None,
        dedup_confidence=0.99,
        email_status="unknown",
        phone_status="mobile",
        domain="a.com",
        score=98.5,
        rule_score=98,
        tier="hot",
        similarity=98.5,
        percentile=None,
        grade=None,
        cache_hit=True,
        sources=2,
        account=None,
        created_at=datetime(2026, 11, 26, tzinfo=UTC),
        version=sealed.version,
        wrapped=sealed.wrapped,
        sealed=sealed.sealed,
    )


def rendered(format: str, leads: list[StoredLead], *, sources: tuple[str, ...] = ("Notes",)) -> bytes:
    rendering.begin(format, sources)
    pages = [
        rendering.page(leads[:1], KEYS, tenant=TENANT, plans={}),
        rendering.page(leads[1:], KEYS, tenant=TENANT, plans={}),
    ]
    return b"".join([*pages, rendering.end()])


LEADS = [
    stored(1, Contact(full_name="Zoë", email="zoe@a.com", phone="+4930123456"), {"Notes": "=1+1"}),
    stored(2, Contact(full_name="@Bob", phone="-12"), {"Notes": "fine"}),
]


def test_every_format_has_the_same_rows() -> None:
    as_json = orjson.loads(rendered("json", LEADS))
    lines = [orjson.loads(line) for line in rendered("ndjson", LEADS).splitlines()]
    table = pyarrow.parquet.read_table(io.BytesIO(rendered("parquet", LEADS)))
    rows = list(csv.DictReader(io.StringIO(rendered("csv", LEADS).decode())))

    assert as_json == lines
    assert [row["contact.full_name"] for row in rows] == ["Zoë", "'@Bob"]
    assert table.column_names == [*COLUMNS, "source.Notes"] == list(rows[0])
    assert table.column("contact.full_name").to_pylist() == ["Zoë", "@Bob"]
    assert as_json[0]["score"] == 98.5
    assert as_json[0]["source"] == {"Notes": "=1+1"}
    assert (rows[0]["contact.phone"], rows[0]["source.Notes"]) == ("+4930123456", "'=1+1")


@pytest.mark.parametrize("format", ["csv", "json", "ndjson", "parquet"])
def test_nothing_at_all_is_a_file_too(format: str) -> None:
    content = rendered(format, [])

    if format == "csv":
        assert content.decode().startswith("status,score,")
    elif format == "json":
        assert orjson.loads(content) == []
    elif format == "ndjson":
        assert content == b""
    else:
        assert pyarrow.parquet.read_table(io.BytesIO(content)).num_rows == 0


def test_whoever_was_erased_is_a_row_without_a_person() -> None:
    [row] = orjson.loads(rendered("json", [replace(LEADS[0], wrapped=None, version=None, sealed=None)]))

    assert row["contact"]["full_name"] is None
    assert row["source"] == {}


def test_no_payload_of_the_collection_stays_a_formula() -> None:
    payloads = orjson.loads((DATA / "naughty_strings" / "csv_formula_injection.json").read_bytes())
    texts = [text for text in _texts(payloads) if text.strip()[:1] in {"=", "+", "-", "@"}]

    assert texts
    assert [text for text in texts if neutral(text).strip()[:1] in {"=", "@"}] == []
    assert [text for text in texts if neutral(text)[:1] in {"+", "-"} and any(c.isalpha() for c in text)] == []


@pytest.mark.parametrize("text", ["+4930123456", "+1 (202) 555-0199", "-5", "-1,234.50", "+49 30 123 ext 5", "12 %"])
def test_numbers_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    return [text for member in value for text in _texts(member)] if isinstance(value, list) else []


@pytest.mark.parametrize("text", ["=1", "=1*2", "=(1)-2", " =1", "\x00=1", "@1", "\uff1d1", "\t1"])
def test_formulas_of_numbers_are_formulas(text: str) -> None:
    assert neutral(text) == "'" + text
