"""Persons of lead lists are in the vault alone; whoever is erased is nowhere at all, and does not come back."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from winnow_local.running import RunningStack

from .account import Account
from .leads import csv_of, ended, processed, rows_of, upload
from .scanning import files_of, has, log_of, metrics_of, redis_of, tables_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

NAME, MAIL, NUMBER, NOTE, LABEL = "zqnamezq", "zqmailzq", "301234987", "zqnotezq", "zqlabelzq"
PLANTED = (NAME, MAIL, NUMBER, NOTE, LABEL)
PERSON = (
    NAME.title(),
    NAME.upper(),
    f"{MAIL}@zqcompanyzq.com",
    f"+49{NUMBER}",
    "VP Sales",
    "zqcompanyzq",
    "",
    "",
    "DE",
)
BAD = ("", NAME, f"{MAIL} at nowhere", "", "", "", "", "", "")
OPEN: dict[str, Any] = {"require": []}


@pytest.fixture(scope="module")
def account(stack: RunningStack) -> Account:
    return Account.first(stack)


@pytest.fixture(scope="module")
def leads(account: Account) -> Sequence[Mapping[str, Any]]:
    """Rows of planted persons, looked at in every way there is."""
    content = csv_of([PERSON, PERSON, BAD]).replace(b"\n", b",Notes\n", 1).replace(b'"\n', f'","{NOTE}"\n'.encode())
    id = upload(account, content, name=f"{LABEL}.csv")
    account.get(f"/api/uploads/{id}/preview")
    account.call("POST", f"/api/uploads/{id}/preview", json={"mapping": {"Notes": "title"}})
    begun = account.post("/api/process", {"filename": f"{LABEL}.csv", "require": []} | {"lead_events": True})
    batch = ended(account, begun["batch_id"])
    assert batch["filename"] == f"{LABEL}.csv"
    for format in ("csv", "json", "parquet"):
        account.call("GET", f"/api/download/{batch['batch_id']}?format={format}&status=all")
    found = rows_of(account, batch["batch_id"])
    account.get("/v1/leads")
    for row in found:
        account.get(f"/v1/leads/{row['lead_id']}")
    account.call("POST", "/v1/privacy/export", json={"email": PERSON[2]})
    account.call("GET", f"/api/batches/{LABEL}")
    return found


async def everything(stack: RunningStack) -> dict[str, list[object]]:
    return {
        "log": await log_of(stack),
        "redis": redis_of(stack),
        "tables": await tables_of(stack),
        "logs": [*files_of(stack.home.logs)],
        "objects": [*files_of(stack.home.objects)],
        "metrics": [*metrics_of(stack)],
    }


async def test_planted_persons_are_answered_and_found_nowhere_in_the_clear(
    stack: RunningStack, leads: Sequence[Mapping[str, Any]]
) -> None:
    places = await everything(stack)

    assert [row["status"] for row in leads] == ["QUALIFIED", "DUPLICATE", "REJECTED"]
    assert leads[0]["contact"]["email"] == PERSON[2]
    assert leads[0]["source"]["Notes"] == NOTE
    assert [(place, word) for place, parts in places.items() for word in PLANTED if has(word, parts)] == []
    assert has("zqcompanyzq", places["tables"])


async def test_whoever_is_erased_is_nowhere_and_does_not_come_back(
    stack: RunningStack, account: Account, leads: Sequence[Mapping[str, Any]]
) -> None:
    before = account.post("/v1/privacy/export", {"email": PERSON[2].upper()})
    receipt = account.post("/v1/privacy/erase", {"email": f" {PERSON[2].upper()} ".strip()})
    after = account.post("/v1/privacy/export", {"email": PERSON[2]})
    again = processed(account, csv_of([PERSON]), **OPEN)
    shown = rows_of(account, again["batch_id"])
    listed = account.get(f"/v1/leads/{leads[0]['lead_id']}")

    assert {lead["lead_id"] for lead in before["leads"]} == {leads[0]["lead_id"], leads[1]["lead_id"]}
    assert (receipt["leads"], receipt["tombstone"]) == (2, True)
    assert (after["leads"], after["erased_before"]) == ([], True)
    assert [(row["status"], row["reason"]["code"]) for row in shown] == [("REJECTED", "erased")]
    assert listed["contact"]["full_name"] is None
    assert await remaining(stack, [row["lead_id"] for row in leads[:2]]) == 0
    signed = {name: value for name, value in receipt.items() if name not in {"signature", "public_key"}}
    key = Ed25519PublicKey.from_public_bytes(decoded(receipt["public_key"]))
    key.verify(decoded(receipt["signature"]), orjson.dumps(signed, option=orjson.OPT_SORT_KEYS))


async def remaining(stack: RunningStack, leads: Sequence[str]) -> int:
    """Rows of contents, keys and match keys of some leads."""
    connection = await asyncpg.connect(stack.endpoints.postgres["pipeline"])
    ids = [UUID(lead.removeprefix("lead_")) for lead in leads]
    try:
        counts = [
            await connection.fetchval(f"SELECT count(*) FROM {table} WHERE lead_id = ANY ($1::uuid[])", ids)
            for table in ("vault", "pipeline_keys.lead_key", "match_key")
        ]
        return sum(counts)
    finally:
        await connection.close()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
