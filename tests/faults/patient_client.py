"""A client of the HTTP API that asks until it has a final answer, and remembers what went wrong on the way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from .checker import Told

_LONGEST_ATTEMPT = aiohttp.ClientTimeout(total=60)
_WITHOUT_ADVICE = 0.2


@dataclass(slots=True)
class PatientClient:
    """Sends one request again and again under one Idempotency-Key, as its Retry-After asks."""

    session: aiohttp.ClientSession
    failures: Counter[str] = field(default_factory=Counter)
    """Attempts without a final answer, by status or by the name of the error."""

    async def send(self, method: str, path: str, *, body: object, key: str) -> Told:
        """The final answer."""
        while True:
            try:
                async with self.session.request(method, path, json=body, headers={"Idempotency-Key": key}) as answer:
                    told = Told(operation=key, status=answer.status, body=await answer.read())
                    wait = float(answer.headers.get("Retry-After", _WITHOUT_ADVICE))
            except (aiohttp.ClientError, TimeoutError) as error:
                self.failures[type(error).__name__] += 1
                wait = _WITHOUT_ADVICE
            else:
                if told.final:
                    return told
                self.failures[str(told.status)] += 1
            await asyncio.sleep(wait)


@asynccontextmanager
async def patient_client(url: str, *, api_key: str) -> AsyncIterator[PatientClient]:
    """A client for this address and key."""
    headers = {"Authorization": f"Bearer {api_key}"}
    async with aiohttp.ClientSession(url, headers=headers, timeout=_LONGEST_ATTEMPT) as session:
        yield PatientClient(session)
