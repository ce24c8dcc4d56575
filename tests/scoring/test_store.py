"""What many do at once to the same rows has one order, which versions, revisions and facts agree on."""

import asyncio
import random
from datetime import UTC, datetime
from uuid import UUID

from winnow_common import outbox
from winnow_common.memory_log import MemoryLog
from winnow_common.monthly_partitions import first_id
from winnow_common.postgres import Pool, is_transient, transaction
from winnow_common.relay import Relay
from winnow_contracts import topics
from winnow_contracts.companies import CompanyAttributes
from winnow_scoring.company_facts import updated
from winnow_scoring.profiles import Profile
from winnow_scoring.rulebook import read_draft
from winnow_scoring.store import companies, partitions, rules

from .conftest import ACME, OTHER

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULE = {"name": "R", "conditions": [{"attribute": "industry", "operator": "has", "points": 1}]}


def profile(name: str) -> Profile:
    return Profile.of(CompanyAttributes(name=name))


async def told_about_companies(pool: Pool) -> list[tuple[str | None, int | None]]:
    """Domain and version of every fact, in the order in which the relay published them."""
    log = MemoryLog()
    async with log.publisher() as publisher:
        relay = Relay(pool=pool, publisher=publisher)
        while await relay.move():
            pass
    events = [record.event() for record in log.records(topics.COMPANIES.name)]
    return [(event.subject, event.sequence) for event in events]


async def test_many_writers_of_the_same_companies_make_one_history_of_each(pool: Pool) -> None:
    chance = random.Random(3)  # noqa: S311 - the same domains in every run
    domains = [f"c{number}.com" for number in range(6)]

    async def write(worker: int) -> None:
        for turn in range(8):
            chosen = chance.sample(domains, 3)
            given = {domain: profile(f"{worker} {turn}") for domain in chosen}
            while not await written(given, cause=UUID(int=worker * 100 + turn + 1)):
                pass

    async def written(given: dict[str, Profile], *, cause: UUID) -> bool:
        """False where the transaction was undone and is to be tried again, as its callers do."""
        try:
            async with transaction(pool) as connection:
                changes = await companies.put(connection, tenant=ACME, profiles=given, source="api", now=NOW)
                facts = [updated(change, tenant=ACME, cause=cause) for change in changes]
                await outbox.publish(connection, facts, source="winnow/scoring", now=NOW)
        except Exception as error:
            if is_transient(error):
                return False
            raise
        return True

    await asyncio.gather(*(write(worker) for worker in range(6)))
    told = await told_about_companies(pool)
    for domain in domains:
        kept = await pool.fetch("SELECT version FROM company_version WHERE domain = $1 ORDER BY version", domain)
        last = await pool.fetchval("SELECT version FROM company WHERE domain = $1", domain)
        history = list(range(1, last + 1))
        assert [row["version"] for row in kept] == history
        assert [sequence for subject, sequence in told if subject == domain] == history
    assert len(told) == 6 * 8 * 3


async def test_two_who_create_the_same_company_make_two_versions(pool: Pool) -> None:
    async def create(name: str) -> list[companies.Change]:
        async with transaction(pool) as connection:
            changes = await companies.put(
                connection, tenant=ACME, profiles={"new.com": profile(name)}, source="api", now=NOW
            )
            await asyncio.sleep(0)
            return changes

    outcomes = await asyncio.gather(*(create(str(number)) for number in range(5)))
    versions = sorted(change.company.version for [change] in outcomes)
    assert versions == [1, 2, 3, 4, 5]


async def test_one_company_of_two_tenants_is_two(pool: Pool) -> None:
    async with transaction(pool) as connection:
        for tenant, name in ((ACME, "ours"), (OTHER, "theirs"), (ACME, "ours again")):
            await companies.put(connection, tenant=tenant, profiles={"a.com": profile(name)}, source="api", now=NOW)
        asked = [(ACME, "a.com"), (OTHER, "a.com"), (ACME, "b.com")]
        found = await companies.to_score(connection, asked=asked)
    assert [(scorable.version, scorable.attributes) for scorable in found] == [
        (2, '{"name":"ours again"}'),
        (1, '{"name":"theirs"}'),
        (None, None),
    ]


async def test_rules_published_at_once_have_one_order_and_one_default(pool: Pool) -> None:
    draft = read_draft(RULE | {"default": True})

    async def publish(rule_id: str) -> tuple[int, str]:
        async with transaction(pool) as connection:
            await rules.lock(connection, tenant=ACME)
            version = await rules.save(connection, tenant=ACME, rule_id=rule_id, draft=draft, now=NOW)
            book = await rules.publish(connection, tenant=ACME, rule_id=rule_id, version=version, now=NOW)
            return book.revision, book.default_rule_id

    told = sorted(await asyncio.gather(*(publish(f"sr_{number % 4}") for number in range(12))))
    async with pool.acquire() as connection:
        default = await rules.default_rule_id(connection, tenant=ACME)
    assert [revision for revision, _ in told] == list(range(1, 13))
    assert default == told[-1][1]


async def test_a_starter_kept_by_many_at_once_is_kept_once(pool: Pool) -> None:
    async def keep() -> None:
        async with transaction(pool) as connection:
            await rules.keep_starter(connection, tenants={ACME, OTHER}, now=NOW)

    await asyncio.gather(*(keep() for _ in range(6)))
    assert await pool.fetchval("SELECT count(*) FROM rule_version") == 2


async def test_partitions_are_made_once_however_many_make_them(pool: Pool) -> None:
    async def keep() -> None:
        async with pool.acquire() as connection:
            await partitions.keep(connection, now=datetime(2031, 12, 31, 23, 59, tzinfo=UTC))

    await asyncio.gather(*(keep() for _ in range(5)))
    made = await pool.fetch(
        "SELECT relname FROM pg_class WHERE relname ~ '^score_203[12][0-9]{2}$' AND relkind = 'r' ORDER BY relname"
    )
    assert [row["relname"] for row in made] == ["score_203111", "score_203112", "score_203201", "score_203202"]


async def test_a_month_that_began_in_the_default_partition_stays_there(pool: Pool) -> None:
    moment = datetime(2033, 5, 5, tzinfo=UTC)
    await pool.execute(
        "INSERT INTO score SELECT"
        " $1, $2, $1, 'a.com', 1, now(), ''::bytea, 'sr_a', 1, '', '', now(), true, 1, 'hot', ''::bytea",
        ACME,
        first_id(moment),
    )
    async with pool.acquire() as connection:
        await partitions.keep(connection, now=moment)
    places = await pool.fetch("SELECT tableoid::regclass::text AS place FROM score")
    made = await pool.fetch("SELECT relname FROM pg_class WHERE relname LIKE 'score_2033__' ORDER BY relname")
    assert [row["place"] for row in places] == ["score_default"]
    assert [row["relname"] for row in made] == ["score_203304", "score_203306", "score_203307"]
