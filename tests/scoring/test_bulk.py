"""Scoring in bulk: by what a batch is scored, the leads of a chunk, and what cannot be scored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from winnow_common.cursors import Cursors
from winnow_common.errors import PermanentError, TemporaryError
from winnow_common.postgres import Pool
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import read_whole, write_whole
from winnow_contracts import bulk, profiles, rulebook, scores
from winnow_contracts.bulk import ChunkToScore, ScoredChunk
from winnow_contracts.sealed import SealedReference
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.bulk import BulkHandlers
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.rules import RuleHandlers
from winnow_scoring.handlers.scoring import ScoringHandlers
from winnow_scoring.models import Models

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service, body
from .similarity_house import CUSTOMERS, LIKE_THEM, UNLIKE_THEM, House

BATCH = UUID(int=0xBA7C4)
CONDITIONS: list[dict[str, Any]] = [
    {"attribute": "industry", "operator": "is", "value": "Fintech", "points": 40},
    {"attribute": "employees", "operator": "between", "value": [11, 200], "points": 30},
    {"attribute": "email", "operator": "has", "points": 20},
    {"attribute": "contact.seniority", "operator": "in", "value": ["vp", "c_level"], "points": 10},
]
RULE = {"name": "Markets", "conditions": CONDITIONS}
OBSERVED = "2026-11-01T00:00:00Z"


@dataclass(slots=True)
class Bulk:
    """Asks for plans and scores as the pipeline does, and reads what it is told."""

    service: Service
    objects: SealedStore
    clock: Clock
    tenant: UUID = ACME

    async def planned(self, **asked: Any) -> Any:
        """The fact about the plan of a batch."""
        outcome = await self.service.ask(bulk.PLAN, {"batch_id": str(BATCH), **asked}, tenant=self.tenant)
        return orjson.loads(outcome.facts[0].data)

    async def told(self, object: SealedReference, **asked: Any) -> Any:
        """The fact about a chunk that is sealed already."""
        outcome = await self.service.ask(bulk.SCORE, await self.command(object, **asked), tenant=self.tenant)
        return orjson.loads(outcome.facts[0].data)

    async def command(self, object: SealedReference, *, plan: Any = None, **asked: Any) -> dict[str, Any]:
        return {
            "batch_id": str(BATCH),
            "chunk": 1,
            "object": object.model_dump(mode="json"),
            "plan": plan or (await self.planned())["plan"],
            "livemode": True,
            **asked,
        }

    async def sealed(self, leads: Sequence[Mapping[str, Any]], companies: Mapping[str, Any] | None = None) -> Any:
        """The reference of a chunk of such leads."""
        content = {
            "leads": [
                {"position": 7 * place, "domain": None, "attributes": {}, "contact": {}} | dict(lead)
                for place, lead in enumerate(leads)
            ],
            "companies": companies or {},
        }
        ChunkToScore.model_validate(content)
        return await self.write(orjson.dumps(content))

    async def write(self, data: bytes) -> SealedReference:
        return await write_whole(self.objects, data, tenant=self.tenant, expires=self.clock() + timedelta(days=1))

    async def scored(
        self, *leads: Mapping[str, Any], companies: Mapping[str, Any] | None = None, **asked: Any
    ) -> list[Any]:
        """The scores of a chunk of such leads, each exactly of its model."""
        told = await self.told(await self.sealed(leads, companies), **asked)
        assert told["error"] is None
        return await self.read(told)

    async def read(self, told: Any) -> list[Any]:
        reference = SealedReference.model_validate(told["object"])
        data = await read_whole(self.objects, reference, tenant=self.tenant)
        ScoredChunk.model_validate_json(data)
        answered: list[Any] = orjson.loads(data)["leads"]
        assert all(set(lead) == set(bulk.ScoredLead.model_fields) for lead in answered)
        return answered

    async def publish(self, rule: Mapping[str, Any] = RULE, *, id: str = "sr_markets", default: bool = True) -> None:
        definition = {**rule, "default": default}
        outcome = await self.service.ask(
            rulebook.PUT, {"id": id, "definition": definition, "publish": True}, tenant=self.tenant
        )
        assert outcome.status < 300, outcome

    async def know(self, domain: str, attributes: Mapping[str, Any]) -> None:
        """The tenant says what it knows of a company."""
        outcome = await self.service.ask(profiles.PUT, {"domain": domain, "attributes": attributes}, tenant=self.tenant)
        assert outcome.status < 300, outcome


@pytest.fixture
def objects() -> SealedStore:
    return SealedStore.at("memory:///", master_key=MASTER_KEY)


@pytest.fixture
def asking(serve: Serve, clock: Clock, objects: SealedStore) -> Bulk:
    """The service with a published rule, and someone who has batches."""
    cursors = Cursors(MASTER_KEY)
    service = serve(
        *BulkHandlers(clock=clock, objects=objects, models=Models(objects, clock=clock)).all(),
        *RuleHandlers(clock=clock).all(),
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
        *ScoringHandlers(clock=clock, compiled=CompiledRules()).all(),
    )
    return Bulk(service, objects, clock)


# The plan of a batch


async def test_a_batch_is_scored_by_the_starter_rule_until_there_is_another(asking: Bulk) -> None:
    first = await asking.planned()
    await asking.publish()
    second = await asking.planned()

    assert first["error"] is None
    assert (first["plan"]["rule_id"], first["plan"]["model_version"]) == ("sr_starter", None)
    assert second["plan"] == {
        "rule_id": "sr_markets",
        "rule_name": "Markets",
        "rule_version": 1,
        "model_version": None,
    }


async def test_a_rule_is_named_and_what_is_not_there_is_told(asking: Bulk) -> None:
    await asking.publish(default=False)
    await asking.publish({**RULE, "name": "Other"}, id="sr_other")

    named = await asking.planned(rule_id="sr_markets")
    unknown = await asking.planned(rule_id="sr_nowhere")
    odd = await asking.planned(rule_id="sr_\0")

    assert named["plan"]["rule_id"] == "sr_markets"
    assert [each["error"]["code"] for each in (unknown, odd)] == ["rule_not_found"] * 2
    assert [each["plan"] for each in (unknown, odd)] == [None, None]


@pytest.mark.parametrize(
    "condition",
    [
        {"attribute": "description", "operator": "matches", "value": "("},
        {"attribute": "employees", "operator": "between", "value": [5, 1]},
    ],
    ids=lambda condition: condition["operator"],
)
async def test_what_is_required_and_cannot_be_read_is_told(asking: Bulk, condition: Mapping[str, Any]) -> None:
    told = await asking.planned(require=[condition])

    assert (told["plan"], told["error"]["code"]) == (None, "invalid_require")
    assert told["error"]["detail"].endswith(".")


async def test_a_plan_names_the_model_of_the_tenant(pool: Pool, clock: Clock, serve: Serve) -> None:
    house = House(pool, clock)
    await house.model()
    service = serve(*BulkHandlers(clock=clock, objects=house.objects, models=house.models).all())

    assert (await Bulk(service, house.objects, clock).planned())["plan"]["model_version"] == 1
    assert (await Bulk(service, house.objects, clock, tenant=OTHER).planned())["plan"]["model_version"] is None


# What is known of a lead's company


async def test_a_row_counts_more_than_the_profile_and_that_more_than_what_was_found(asking: Bulk) -> None:
    await asking.publish()
    await asking.know("acme.com", {"industry": "Retail", "employees": 50, "custom": {"plan": "gold", "seats": 3}})
    row = {"domain": "acme.com", "attributes": {"industry": "Fintech", "custom": {"seats": 9}}}
    found = {
        "attributes": {"industry": "Mining", "employees": 9, "country": "US", "custom": {"plan": "tin"}},
        "source": "directory",
        "observed_at": OBSERVED,
    }

    [lead] = await asking.scored(row, companies={"acme.com": found})

    assert lead["attributes"] == {
        "industry": "Fintech",
        "employees": 50,
        "country": "US",
        "custom": {"plan": "gold", "seats": 9},
    }
    assert lead["score"] == 70


async def test_profiles_are_the_tenants_own(asking: Bulk) -> None:
    other = Bulk(asking.service, asking.objects, asking.clock, tenant=OTHER)
    await asking.know("acme.com", {"name": "Acme", "signals": ["hiring"], "technologies": ["React"]})

    [mine], [theirs] = [await each.scored({"domain": "acme.com"}) for each in (asking, other)]

    assert (mine["name"], mine["signals"], mine["technologies"]) == ("Acme", ["hiring"], ["React"])
    assert (theirs["name"], theirs["signals"], theirs["technologies"], theirs["attributes"]) == (None, [], [], {})


async def test_a_value_that_cannot_be_read_is_left_out_and_the_others_count(asking: Bulk) -> None:
    await asking.publish()

    [lead] = await asking.scored({"attributes": {"industry": "Fintech", "employees": "many", "founded": "then"}})

    assert (lead["attributes"], lead["score"], lead["missing"]) == (
        {"industry": "Fintech"},
        40,
        ["employees", "contact.seniority"],
    )


async def test_contacts_count_and_are_not_told(asking: Bulk) -> None:
    await asking.publish()

    [lead] = await asking.scored(
        {"attributes": {"email": True, "phone": True}, "contact": {"seniority": "vp", "linkedin": True}}
    )

    assert (lead["score"], lead["attributes"]) == (30, {})


async def test_leads_are_answered_in_their_order_by_their_positions(asking: Bulk) -> None:
    leads = await asking.scored(*({"domain": f"{number}.com"} for number in range(20)))

    assert [lead["position"] for lead in leads] == [7 * number for number in range(20)]


async def test_a_chunk_of_nothing_is_scored(asking: Bulk) -> None:
    assert await asking.scored() == []


async def test_scores_are_those_of_single_requests(asking: Bulk) -> None:
    companies = {**CUSTOMERS, "like.com": LIKE_THEM, "unlike.com": UNLIKE_THEM}
    for domain, attributes in companies.items():
        await asking.know(domain, attributes)

    leads = await asking.scored(*({"domain": domain} for domain in companies))

    single = [body(await asking.service.ask(scores.SCORE, {"domain": domain})) for domain in companies]
    assert [(lead["score"], lead["tier"], lead["missing"]) for lead in leads] == [
        (answer["score"], answer["tier"], answer["missing"]) for answer in single
    ]
    assert len({lead["score"] for lead in leads}) > 1


async def test_a_batch_is_scored_by_the_version_that_was_planned(asking: Bulk) -> None:
    await asking.publish()
    plan = (await asking.planned())["plan"]
    worthless = [{**condition, "points": 0} for condition in CONDITIONS]
    await asking.publish({**RULE, "conditions": worthless})

    [planned] = await asking.scored({"attributes": {"industry": "Fintech"}}, plan=plan)
    [now] = await asking.scored({"attributes": {"industry": "Fintech"}})

    assert (planned["score"], now["score"]) == (40, 0)


async def test_nothing_is_added_to_the_history_of_scores(asking: Bulk, pool: Pool) -> None:
    await asking.scored({"domain": "acme.com", "attributes": {"industry": "Fintech"}})

    assert await pool.fetchval("SELECT count(*) FROM score") == 0


# The bar


@pytest.mark.parametrize(
    ("attributes", "unmet"),
    [({"industry": "Fintech"}, None), ({}, "The tier is below neutral")],
    ids=["neutral", "cold"],
)
async def test_the_default_bar_is_tier_neutral(asking: Bulk, attributes: Mapping[str, Any], unmet: str | None) -> None:
    await asking.publish()

    [lead] = await asking.scored({"attributes": attributes})

    assert lead["unmet"] == unmet


async def test_insufficient_data_does_not_meet_the_default_bar(asking: Bulk) -> None:
    await asking.publish({**RULE, "insufficient_data_above": 0.1})

    [lead] = await asking.scored({"attributes": {"industry": "Fintech"}})

    assert (lead["tier"], lead["unmet"]) == ("insufficient_data", "The tier is below neutral")


VERIFIED = {"attribute": "contact.email_status", "operator": "is", "value": "verified_deliverable"}
WARM = {"attribute": "tier", "operator": "in", "value": ["warm", "hot"]}
HIGH = {"attribute": "score", "operator": ">=", "value": 70}
LARGE = {"attribute": "employees", "operator": ">", "value": 10}


@pytest.mark.parametrize(
    ("require", "unmet"),
    [
        ([], None),
        ([LARGE], None),
        ([WARM], "Not met: Tier is one of warm, hot"),
        ([HIGH], "Not met: Score >= 70"),
        ([LARGE, VERIFIED, WARM], "Not met: Email status is verified_deliverable"),
        ([{"attribute": "country", "operator": "is", "value": "US"}], "Not met: Country is US"),
    ],
    ids=["nothing", "met", "tier", "score", "the first", "missing"],
)
async def test_what_is_required_decides_and_the_first_that_is_not_met_is_told(
    asking: Bulk, require: Sequence[Mapping[str, Any]], unmet: str | None
) -> None:
    await asking.publish()

    [lead] = await asking.scored(
        {"attributes": {"employees": 60}, "contact": {"email_status": "risky"}}, require=require
    )

    assert lead["unmet"] == unmet


# Similarity


@pytest.fixture
async def house(pool: Pool, clock: Clock) -> House:
    """With a model of the tenant's customers."""
    house = House(pool, clock)
    await house.model()
    return house


async def test_similarity_is_that_of_single_requests(house: House, serve: Serve, clock: Clock) -> None:
    await house.put("like.com", LIKE_THEM)
    await house.put("unlike.com", UNLIKE_THEM)
    domains = ["like.com", "unlike.com", "customer-1.com"]
    service = serve(*BulkHandlers(clock=clock, objects=house.objects, models=house.models).all())

    leads = await Bulk(service, house.objects, clock).scored(*({"domain": domain} for domain in domains))

    single = [orjson.loads((await house.score(domain)).body) for domain in domains]
    assert [lead["similarity"] for lead in leads] == [
        {
            "score": answer["score"],
            "percentile": answer["percentile"],
            "grade": answer["grade"],
            "confidence": answer["confidence"]["value"],
        }
        for answer in single
    ]
    assert leads[2]["similarity"]["score"] == 100


async def test_a_lead_of_whom_nothing_is_known_has_no_similarity(house: House, serve: Serve, clock: Clock) -> None:
    service = serve(*BulkHandlers(clock=clock, objects=house.objects, models=house.models).all())

    unknown, found = await Bulk(service, house.objects, clock).scored(
        {"domain": "nobody.com"},
        {"domain": "found.com"},
        companies={"found.com": {"attributes": LIKE_THEM, "source": "directory", "observed_at": OBSERVED}},
    )

    assert unknown["similarity"] is None
    assert found["similarity"]["score"] > 50


async def test_a_model_that_is_gone_leaves_the_score_by_the_rule(house: House, serve: Serve, clock: Clock) -> None:
    service = serve(*BulkHandlers(clock=clock, objects=house.objects, models=house.models).all())
    asking = Bulk(service, house.objects, clock)
    plan = (await asking.planned())["plan"] | {"model_version": 99}

    [lead] = await asking.scored({"attributes": LIKE_THEM}, plan=plan)

    assert (lead["similarity"], lead["score"]) == (None, 50)


# What cannot be scored


async def test_a_chunk_that_is_gone_or_no_chunk_or_anothers_is_told(asking: Bulk, clock: Clock) -> None:
    gone = await asking.sealed([{}])
    await asking.objects.delete(gone, tenant=ACME)
    anothers = await Bulk(asking.service, asking.objects, clock, tenant=OTHER).sealed([{}])
    wrong = await asking.write(b'{"leads": 5}')

    told = [await asking.told(each) for each in (gone, anothers, wrong)]

    assert [(each["object"], each["error"]["code"]) for each in told] == [(None, "chunk_unavailable")] * 3


async def test_a_rule_that_is_gone_is_told(asking: Bulk) -> None:
    plan = (await asking.planned())["plan"] | {"rule_id": "sr_nowhere"}

    told = await asking.told(await asking.sealed([{}]), plan=plan)

    assert (told["object"], told["error"]["code"]) == (None, "rule_not_found")


async def test_a_requirement_that_cannot_be_read_is_told(asking: Bulk) -> None:
    require = [{"attribute": "description", "operator": "matches", "value": "("}]

    told = await asking.told(await asking.sealed([{}]), require=require)

    assert (told["object"], told["error"]["code"]) == (None, "invalid_require")


class Away(SealedStore):
    """A store that cannot be reached."""

    def read(self, *_: Any, **__: Any) -> Any:
        raise TemporaryError("the object store is away")


async def test_a_store_that_is_away_is_waited_for(asking: Bulk, serve: Serve, clock: Clock) -> None:
    command = await asking.command(await asking.sealed([{}]))
    away = Away.at("memory:///", master_key=MASTER_KEY)
    service = serve(*BulkHandlers(clock=clock, objects=away, models=Models(away, clock=clock)).all())

    with pytest.raises(TemporaryError):
        await service.ask(bulk.SCORE, command)


async def test_a_repeated_command_is_answered_alike(asking: Bulk) -> None:
    await asking.publish()
    command = await asking.command(await asking.sealed([{"attributes": {"industry": "Fintech"}}]))
    id = uuid4()

    first, second = [(await asking.service.ask(bulk.SCORE, command, id=id)).facts[0] for _ in range(2)]

    assert (first.id, first.key, first.tenant) == (second.id, second.key, second.tenant)
    assert await asking.read(orjson.loads(first.data)) == await asking.read(orjson.loads(second.data))


async def test_the_answer_expires_and_no_other_tenant_reads_it(asking: Bulk, clock: Clock) -> None:
    told = await asking.told(await asking.sealed([{}]))
    reference = SealedReference.model_validate(told["object"])

    assert reference.expires == datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert clock() == datetime(2026, 11, 21, 12, tzinfo=UTC)
    with pytest.raises(PermanentError):
        await read_whole(asking.objects, reference, tenant=OTHER)
