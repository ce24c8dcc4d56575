"""Who calls: looked up once for many calls, for five seconds, and refused when nobody can say."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from winnow_common.errors import Problem
from winnow_contracts.event import Environment
from winnow_gateway.authentication import Authentication
from winnow_gateway.credentials import Prefix, new_credential
from winnow_gateway.plans import load_plans
from winnow_gateway.scopes import ALL_SCOPES
from winnow_gateway.store.keys import Credential

ACME = UUID(int=0xACE)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(slots=True)
class Directory:
    """Knows credentials, counts look-ups, and is away when told to be."""

    known: dict[str, Credential] = field(default_factory=dict)
    asked: int = 0
    away: bool = False
    seconds: float = 0.0
    now: datetime = NOON

    def add(self, *, expires_at: datetime | None = None) -> str:
        """The header of a new credential."""
        text = new_credential(Prefix.LIVE)
        self.known[text] = Credential(
            tenant=ACME,
            id=UUID(int=1),
            environment=Environment.PRODUCTION,
            scopes=ALL_SCOPES,
            expires_at=expires_at,
            plan="free",
            month_started_at=None,
            month_used=0,
        )
        return f"Bearer {text}"

    async def look_up(self, text: str) -> Credential | None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionRefusedError
        return self.known.get(text)

    def authentication(self) -> Authentication:
        return Authentication(
            self.look_up,
            plans=load_plans(default="free"),
            default_plan="free",
            clock=lambda: self.now,
            monotonic=lambda: self.seconds,
            maximum=3,
        )


async def refusal(authentication: Authentication, header: str | None) -> Problem:
    with pytest.raises(Problem) as refused:
        await authentication.principal(header)
    return refused.value


async def test_many_calls_at_once_are_one_look_up() -> None:
    directory = Directory()
    header, authentication = directory.add(), directory.authentication()

    principals = await asyncio.gather(*(authentication.principal(header) for _ in range(50)))

    assert directory.asked == 1
    assert {principal.tenant for principal in principals} == {ACME}


async def test_a_revoked_key_works_for_five_seconds_at_most() -> None:
    directory = Directory()
    header, authentication = directory.add(), directory.authentication()
    await authentication.principal(header)
    directory.known.clear()

    directory.seconds = 2.4
    assert (await authentication.principal(header)).tenant == ACME
    directory.seconds = 5.0
    assert (await refusal(authentication, header)).code == "invalid_api_key"


async def test_a_busy_key_is_renewed_before_its_time_so_that_nobody_waits() -> None:
    directory = Directory()
    header, authentication = directory.add(), directory.authentication()
    await authentication.principal(header)

    directory.seconds = 3.0
    await authentication.principal(header)
    while directory.asked < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    directory.away, directory.seconds = True, 7.9

    assert (await authentication.principal(header)).tenant == ACME


async def test_unknown_keys_are_remembered_too() -> None:
    directory = Directory()
    authentication, header = directory.authentication(), f"Bearer {new_credential(Prefix.TEST)}"

    for _ in range(5):
        await refusal(authentication, header)

    assert directory.asked == 1


async def test_a_typo_is_refused_without_a_look_up() -> None:
    directory = Directory()
    authentication, header = directory.authentication(), directory.add()

    problem = await refusal(authentication, header[:-1] + ("a" if header[-1] != "a" else "b"))

    assert (problem.status, problem.detail, directory.asked) == (401, "Invalid API key", 0)
    assert problem.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer \udcff"])
async def test_a_header_without_a_key_is_refused(header: str | None) -> None:
    assert (await refusal(Directory().authentication(), header)).status == 401


async def test_while_the_directory_is_away_cached_keys_go_on_and_others_are_refused() -> None:
    directory = Directory()
    known, other, authentication = directory.add(), directory.add(), directory.authentication()
    await authentication.principal(known)
    directory.away = True

    directory.seconds = 4.9
    assert (await authentication.principal(known)).tenant == ACME
    with pytest.raises(ConnectionRefusedError):
        await authentication.principal(other)
    directory.seconds = 5.1
    with pytest.raises(ConnectionRefusedError):
        await authentication.principal(known)


async def test_a_failed_look_up_is_not_remembered() -> None:
    directory = Directory(away=True)
    header, authentication = directory.add(), directory.authentication()
    with pytest.raises(ConnectionRefusedError):
        await authentication.principal(header)

    directory.away = False

    assert (await authentication.principal(header)).tenant == ACME


async def test_a_key_that_ends_ends_at_its_time_though_it_is_cached() -> None:
    directory = Directory()
    header = directory.add(expires_at=NOON + timedelta(seconds=1))
    authentication = directory.authentication()
    await authentication.principal(header)

    directory.now += timedelta(seconds=1)

    assert (await refusal(authentication, header)).status == 401


async def test_what_changed_is_looked_up_at_once() -> None:
    directory = Directory()
    header, authentication = directory.add(), directory.authentication()
    await authentication.principal(header)
    directory.known.clear()

    authentication.forget(ACME)

    assert (await refusal(authentication, header)).status == 401


async def test_the_cache_is_bounded() -> None:
    directory = Directory()
    authentication = directory.authentication()

    for _ in range(10):
        await authentication.principal(directory.add())

    assert len(authentication._cache) == 3
