"""One trace from whoever asked, through the log, to the statements in PostgreSQL and to what is published about it."""

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from winnow_common import telemetry
from winnow_common.outbox import unpack

from .conftest import COUNT, House

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


async def test_a_command_s_statements_answer_and_facts_belong_to_its_callers_trace(house: House) -> None:
    exporter = InMemorySpanExporter()
    event = house.ask("oolong", traceparent=TRACEPARENT)

    with telemetry.configure(service="notes", instance="1", endpoint=None, exporter=exporter):
        (reply,) = await house.answers(event)

    ours = [span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE]
    names = {span.name for span in ours}
    assert "handle" in names
    assert any((span.attributes or {}).get("db.system") == "postgresql" for span in ours)
    assert not any("oolong" in str(value) for span in ours for value in (span.attributes or {}).values())
    assert dict(reply.headers)["traceparent"].decode()[3:35] == TRACE
    (fact,) = unpack(await house.pool.fetchval("SELECT packed FROM outbox"), row=1)
    assert ("traceparent", TRACEPARENT.encode()) in fact.headers


async def test_a_read_belongs_to_its_callers_trace(house: House) -> None:
    exporter = InMemorySpanExporter()

    with telemetry.configure(service="notes", instance="1", endpoint=None, exporter=exporter):
        await house.answers(house.ask("oolong", type=COUNT, traceparent=TRACEPARENT))

    names = {span.name for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE}
    assert "notes.count" in names
    assert len(names) > 1


async def test_without_a_collector_the_callers_context_is_handed_on(house: House) -> None:
    (reply,) = await house.answers(house.ask("oolong", traceparent=TRACEPARENT))

    assert dict(reply.headers)["traceparent"].decode() == TRACEPARENT
