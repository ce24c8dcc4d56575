"""A batch of 20,000 leads while every service that works on it is killed with -9: nothing is lost or doubled."""

import asyncio
import csv
import io
import json
import random
import time
from collections import Counter
from typing import Any

import pytest
import requests

from .conftest import Figure
from .installation import Installation

pytestmark = pytest.mark.faults

_ROWS = 20_000
_COPIES = 500
_KILLED: tuple[tuple[str, str | None], ...] = (
    ("pipeline", "chunks"),
    ("gateway", None),
    ("pipeline", "serve"),
    ("scoring", "bulk"),
    ("pipeline", "chunks"),
    ("scoring", "bulk"),
    ("pipeline", "chunks"),
)
_ENDED = {"completed", "failed", "cancelled"}


def a_file() -> bytes:
    """People whom nobody else is like, the first of them once more at the end."""
    draw = random.Random("leads that survive")  # noqa: S311  data, no secret
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choices(letters, k=9)) for _ in range(3 * _ROWS)]
    people = [
        (words[3 * n], words[3 * n + 1], f"{words[3 * n]}@{words[3 * n + 2]}.com", words[3 * n + 2])
        for n in range(_ROWS - _COPIES)
    ]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("First Name", "Last Name", "Email", "Company"), *people, *people[:_COPIES]])
    return text.getvalue().encode()


@pytest.mark.timeout(300)
async def test_services_killed_at_random_lose_and_double_no_lead(winnow: Installation, figure: Figure) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {winnow.endpoints.api_key}"
    url = winnow.endpoints.gateway
    sent = session.post(f"{url}/api/upload", files={"file": ("leads.csv", a_file())}, timeout=60)
    asked = {"upload_id": sent.json()["upload_id"], "require": []}
    batch = session.post(f"{url}/api/process", json=asked, timeout=60).json()["batch_id"]
    started = time.monotonic()

    for service, role in _KILLED:
        await asyncio.sleep(random.uniform(0.3, 2.5))  # noqa: S311  a moment, no secret
        await winnow.kill(service, role=role)
    found = await _ended(session, f"{url}/api/batches/{batch}")
    answer = session.get(f"{url}/api/download/{batch}?format=ndjson&status=all", timeout=120)
    rows = [json.loads(line) for line in answer.content.splitlines()]

    figure(f"{_ROWS} leads, {len(_KILLED)} kills: whole after {time.monotonic() - started:.0f} s")
    assert found["counts"] == {
        "rows": _ROWS,
        "qualified": _ROWS - _COPIES,
        "rejected": 0,
        "duplicate": _COPIES,
        "failed": 0,
    }
    assert len({row["lead_id"] for row in rows}) == len(rows) == _ROWS
    assert Counter(row["status"] for row in rows) == {"QUALIFIED": _ROWS - _COPIES, "DUPLICATE": _COPIES}
    survivors = {row["lead_id"] for row in rows if row["status"] == "QUALIFIED"}
    assert {row["duplicate_of"] for row in rows if row["status"] == "DUPLICATE"} <= survivors
    used = [fact for fact in await winnow.facts("usage.recorded.v1") if b'"leads"' in fact.content]
    told = {fact.id: json.loads(fact.content)["records"] for fact in used}
    assert sum(told.values()) == _ROWS - _COPIES


async def _ended(session: requests.Session, address: str) -> Any:
    deadline = time.monotonic() + 240
    while True:
        answer = await asyncio.to_thread(session.get, address, timeout=60)
        found = answer.json()
        if answer.status_code == 200 and found["status"] in _ENDED and found["finished_at"] is not None:
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.5)
