"""Marked e-mail addresses and personal pages are sent as every identifier, and looked for wherever anything is kept."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from winnow_common import telemetry
from winnow_common.outcome import Outcome, Request
from winnow_common.postgres import open_pool
from winnow_common.settings import LogFormat
from winnow_contracts.similarity_cache import BEAT_FIELDS, BEAT_KEY, KEPT_MS, entry_key, model_key
from winnow_contracts.topics import TOPICS
from winnow_gateway.leads import UPLOAD_ID

from .conftest import Answer, Api, House, StandIn, open_account, open_redis

MARKER = "planted"
FIELDS = ("domain", "email", "linkedin_url", "company_name")
PERSONAL = (
    "planted.jane@acme.com",
    "planted+news@acme.com",
    '"planted jane"@acme.com',
    "Planted Jane <planted@acme.com>",
    "mailto:planted@acme.com?subject=planted",
    "planted@gmail.com",
    "planted@bücher.de",
    "planted@planted@acme.com",
    "planted%40acme.com",
    "planted\uff20acme.com",
    "planted/work@acme.com",
    "https://planted:planted@acme.com/planted?planted#planted",
    "https://www.linkedin.com/in/planted",
    "linkedin.com/in/planted-jane/?x=planted",
    "https://de.linkedin.com/pub/planted/1/2/3",
    "https://www.linkedin.com/company/../in/planted",
    "https://www.linkedin.com/company/planted%40acme.com",
    "https://www.linkedin.com/sales/people/planted",
)


def bodies() -> Iterator[dict[str, str]]:
    """Each of them as each identifier, alone and beside a domain, and all at once."""
    for field, text in itertools.product(FIELDS, PERSONAL):
        yield {field: text}
        yield {"domain": "acme.com", field: text}
    for text in PERSONAL:
        yield dict.fromkeys(FIELDS, text)


async def send_everything(api: Api) -> list[Answer]:
    """Every call that takes identifiers or domains, with every text."""
    items = list(bodies())
    answers = [await api.post("/v1/score", body) for body in items]
    for number, body in enumerate(items):
        answers.append(await api.post("/v1/score", body, headers={"Idempotency-Key": f"key-{number}"}))
        answers.append(await api.post("/v1/score/batch", {"items": [body]}))
    for text in PERSONAL:
        answers.append(await api.put("/v1/customers", {"customers": [{"domain": text}]}))
        answers.append(await api.post("/v1/customers", {"customers": [{"domain": text}]}))
        answers.append(await api.delete(f"/v1/customers/{quote(text, safe='')}"))
        answers.append(await api.get(f"/v1/scores?domain={quote(text, safe='')}"))
    answers.append(await api.post("/v1/score", {"email": {"planted": "planted@acme.com"}}))
    answers.append(await api.post("/v1/score", data=b'{"email": "planted@acme.com"', headers=JSON))
    file = b"domain,weight\nacme.com,1\n"
    answers.append(await api.call("POST", "/v1/customers/import", data=file, headers={"Content-Type": "text/csv"}))
    return answers + await send_leads(api)


async def send_leads(api: Api) -> list[Answer]:
    """Every call of the pipeline that takes a text; who uploads a file is told its name again, and nobody else."""
    answers = []
    paths = ("/api/batches/{}", "/api/download/{}", "/api/uploads/{}/preview", "/v1/leads/{}", "/v1/leads?batch_id={}")
    for text in PERSONAL:
        quoted = quote(text, safe="")
        file = f"name,email\nPlanted Jane,{text}\n".encode()
        await api.call("POST", f"/api/upload?filename={quoted}", data=file, headers={"Content-Type": "text/csv"})
        answers.append(await api.post("/api/process", {"filename": text}))
        answers.append(await api.post("/api/process", {"upload_id": text}))
        answers.append(await api.post(f"/api/uploads/{UPLOAD_ID}/preview", {"mapping": {"Mail": text}}))
        answers.extend([await api.get(path.format(quoted)) for path in paths])
        for field in ("email", "phone", "linkedin", "lead_id"):
            answers.append(await api.post("/v1/privacy/export", {field: text}))
            answers.append(await api.post("/v1/privacy/erase", {field: text}))
            answers.append(await api.get(f"/v1/privacy/export?{field}={quoted}"))
    return answers


JSON = {"Content-Type": "application/json"}


async def on_the_log(house: House) -> str:
    records = [record for topic in TOPICS for record in house.log.records(topic.name)]
    assert len(records) > 100
    return repr([(record.key, record.value, record.headers) for record in records])


async def in_redis(url: str) -> str:
    async with open_redis(url) as client:
        names = [name async for name in client.scan_iter()]
        assert names
        return repr([(name, await client.dump(name)) for name in names])


async def in_the_database(url: str) -> str:
    async with open_pool(url, size=1, name="test") as pool:
        tables = await pool.fetch("SELECT relid::regclass::text AS name FROM pg_stat_user_tables")
        assert tables
        rows = [await pool.fetch(f"SELECT row.*::text FROM {table['name']} AS row") for table in tables]
        return repr(rows)


async def in_the_metrics(api: Api) -> str:
    async with api.session.get(f"http://127.0.0.1:{api.gateway.operations_port}/metrics") as answer:
        return await answer.text()


def in_files(folder: Path) -> str:
    return repr([(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()])


async def scored(_: Request[Any]) -> Outcome:
    return Outcome.json({"score": 1.0})


@pytest.mark.parametrize("format", LogFormat)
async def test_nothing_of_a_person_is_anywhere(
    house: House,
    pipeline: StandIn,
    gateway_database: str,
    redis_url: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    format: LogFormat,
) -> None:
    house.scoring.on("similarity.score", scored)
    spans = InMemorySpanExporter()
    with telemetry.configure(service="gateway", instance="1", endpoint=None, exporter=spans):
        async with house.api(log=format) as api:
            api.key = await open_account(api, plan="unlimited")
            tenant = await api.gateway.services.pool.fetchval("SELECT tenant_id FROM account")
            async with open_redis(redis_url) as client:
                await client.set(model_key(tenant), "1")
                entry = entry_key(tenant, "acme.com", livemode=True)
                await client.hset(entry, mapping={"company": "1", "model": "1", "answer": json.dumps({"score": 1.0})})
                await client.pexpire(entry, KEPT_MS)
                await client.hset(BEAT_KEY, mapping=dict.fromkeys(BEAT_FIELDS, str(2**42)))
            await api.gateway.services.pulse.read()
            answers = await send_everything(api)
            metrics = await in_the_metrics(api)

    output = capfd.readouterr()
    places = {
        "log": await on_the_log(house),
        "Redis": await in_redis(redis_url),
        "gateway's database": await in_the_database(gateway_database),
        "scoring's database": await in_the_database(house.scoring.database),
        "pipeline's database": await in_the_database(pipeline.database),
        "files": in_files(tmp_path),
        "metrics": metrics,
        "traces": repr([span.to_json() for span in spans.get_finished_spans()]),
        "output": output.out + output.err,
        "headers": repr([dict(answer.headers) for answer in answers]),
        "bodies": repr([answer.body for answer in answers]),
    }
    assert [place for place, text in places.items() if MARKER in text.lower()] == []
    assert "scoreCompany" in output.out
    assert "scoreCompany" in places["traces"]
    assert any("hit" in answer.headers.get("Cache-Status", "") for answer in answers)
    assert {answer.status for answer in answers} <= {200, 400, 404, 422}
