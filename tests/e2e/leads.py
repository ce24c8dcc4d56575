"""Files of leads, sent to a running stack as a program sends them."""

import io
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import orjson

from .account import Account

HEADERS = ("First Name", "Last Name", "Email", "Phone", "Job Title", "Company", "Website", "Industry", "Country")
ENDED = frozenset({"completed", "failed", "cancelled"})


def upload(account: Account, content: bytes, *, name: str = "leads.csv") -> str:
    """The id of an upload."""
    answer = account.call("POST", "/api/upload", files={"file": (name, io.BytesIO(content))})
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["upload_id"]
    return id


def begin(account: Account, content: bytes, *, name: str = "leads.csv", **options: Any) -> str:
    """The id of a batch that has begun."""
    answer = account.call("POST", "/api/process", json={"upload_id": upload(account, content, name=name), **options})
    assert answer.status_code == 202, answer.text
    id: str = answer.json()["batch_id"]
    return id


def ended(account: Account, batch: str, *, within: float = 120.0) -> Any:
    """A batch when it is over."""
    deadline = time.monotonic() + within
    while True:
        found = account.get(f"/api/batches/{batch}")
        if found["status"] in ENDED and found["finished_at"] is not None:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def processed(account: Account, content: bytes, *, name: str = "leads.csv", **options: Any) -> Any:
    """A batch that is over."""
    return ended(account, begin(account, content, name=name, **options))


def rows_of(account: Account, batch: str, *, status: str = "all") -> list[Mapping[str, Any]]:
    """The rows of a batch, as JSON."""
    answer = account.call("GET", f"/api/download/{batch}?format=ndjson&status={status}")
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def csv_of(people: Iterable[tuple[str, ...]]) -> bytes:
    """A file of people, in the order of `HEADERS`."""
    lines = [",".join(HEADERS), *(",".join(f'"{cell}"' for cell in person) for person in people)]
    return ("\n".join(lines) + "\n").encode()


def person(number: int, *, tag: str = "x") -> tuple[str, ...]:
    """Somebody whom nobody else is like; the same for the same number and tag."""
    digest = sha256(f"{tag}/{number}".encode()).hexdigest()
    first, last, company = (_word(digest[start : start + 16]) for start in (0, 16, 32))
    phone = f"+4930{int(digest[48:56], 16) % 10_000_000:07d}"
    domain = f"{company}.com"
    title, name = "VP Sales", f"{company.title()} Ltd."
    return first.title(), last.title(), f"{first}.{last}@{domain}", phone, title, name, domain, "Software", "Germany"


def _word(digits: str) -> str:
    """Eight letters."""
    return "".join(chr(ord("a") + int(digits[place : place + 2], 16) % 26) for place in range(0, 16, 2))
