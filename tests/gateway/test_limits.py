"""Windows, leases and headers, without HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from winnow_contracts.event import Environment
from winnow_gateway.limits.limiter import Limiter
from winnow_gateway.limits.policies import Policy, Standing, limit_exceeded, policies_of, rate_limit_headers
from winnow_gateway.limits.redis_windows import RedisWindows
from winnow_gateway.limits.windows import FailoverWindows, LocalWindows, Taken, Unavailable, Want, Windows
from winnow_gateway.plans import load_plans
from winnow_gateway.redis_trips import open_trips

from .conftest import hanging_server, open_redis

MINUTE = Policy("minute", 10, 60)
MONTH = Policy("month", 100, 2_592_000)


@dataclass(slots=True)
class Seconds:
    """A monotonic clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """Windows that count how often they are asked, and fail when told to."""

    def __init__(self, windows: Windows) -> None:
        self.asked = 0
        self.away = False
        self._windows = windows

    async def take(self, subject: str, wants: Sequence[Want]) -> Sequence[Taken]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("told to")
        return await self._windows.take(subject, wants)


@pytest.fixture(params=["local", "redis"])
async def windows(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Windows]:
    if request.param == "local":
        yield LocalWindows()
    else:
        async with open_trips(redis_url) as trips:
            yield RedisWindows(trips)


async def test_a_window_gives_its_units_and_no_more(windows: Windows) -> None:
    taken = [(await windows.take("acme", [Want(MINUTE, 4)]))[0] for _ in range(4)]

    assert [(each.granted, each.used) for each in taken] == [(4, 4), (4, 8), (2, 10), (0, 10)]
    assert all(59 < each.ends_in <= 60 for each in taken)


async def test_units_are_taken_from_all_policies_or_from_none(windows: Windows) -> None:
    await windows.take("acme", [Want(MINUTE, 10)])

    minute, month = await windows.take("acme", [Want(MINUTE, 1), Want(MONTH, 1)])

    assert (minute.granted, month.granted, month.used) == (0, 0, 0)


async def test_subjects_do_not_share_windows(windows: Windows) -> None:
    await windows.take("acme", [Want(MINUTE, 10)])

    (other,) = await windows.take("other", [Want(MINUTE, 1)])

    assert other.granted == 1


async def test_a_window_begins_with_the_first_unit_and_ends_after_its_seconds(windows: Windows) -> None:
    short = Policy("short", 1, 1)
    await windows.take("acme", [Want(short, 1)])

    async with asyncio.timeout(5):
        while not (await windows.take("acme", [Want(short, 1)]))[0].granted:
            await asyncio.sleep(0.05)


async def test_names_in_redis_hold_ids_only(redis_url: str) -> None:
    async with open_redis(redis_url) as client, open_trips(redis_url) as trips:
        await RedisWindows(trips).take("acme", [Want(MINUTE, 1), Want(MONTH, 1)])
        names = {name.decode() async for name in client.scan_iter()}

    assert names == {"limits:{acme}:minute", "limits:{acme}:month"}


async def test_redis_that_is_not_there_is_unavailable() -> None:
    async with open_trips("redis://127.0.0.1:1/0") as trips:
        with pytest.raises(Unavailable):
            await RedisWindows(trips).take("acme", [Want(MINUTE, 1)])


async def test_redis_that_hangs_is_unavailable() -> None:
    async with hanging_server() as (url, _), open_trips(url) as trips:
        with pytest.raises(Unavailable):
            await RedisWindows(trips).take("acme", [Want(MINUTE, 1)])


async def test_while_windows_are_away_the_fallback_counts_and_they_are_asked_once_in_a_while() -> None:
    clock = Seconds()
    first = Counting(LocalWindows(clock=clock))
    first.away = True
    windows = FailoverWindows(first, LocalWindows(clock=clock), rest=1.0, clock=clock)

    taken = [(await windows.take("acme", [Want(MINUTE, 1)]))[0].granted for _ in range(12)]

    assert taken == [1] * 10 + [0, 0]
    assert first.asked == 1


async def test_windows_that_are_back_are_used_again() -> None:
    clock = Seconds()
    first = Counting(LocalWindows(clock=clock))
    first.away = True
    windows = FailoverWindows(first, LocalWindows(clock=clock), rest=1.0, clock=clock)
    await windows.take("acme", [Want(MINUTE, 10)])

    first.away, clock.now = False, clock.now + 1.5

    assert (await windows.take("acme", [Want(MINUTE, 1)]))[0].used == 1
    assert (await windows.take("acme", [Want(MINUTE, 1)]))[0].used == 2


async def test_a_full_memory_of_local_windows_forgets_rather_than_grows() -> None:
    windows = LocalWindows(maximum=10)

    for number in range(25):
        await windows.take(str(number), [Want(MINUTE, 1)])

    assert len(windows._windows) <= 10


async def test_a_small_plan_is_exact_and_asks_for_every_call() -> None:
    counting = Counting(LocalWindows())
    limiter = Limiter(counting)

    admissions = [await limiter.admit("acme", (MINUTE,)) for _ in range(12)]

    assert [each.admitted for each in admissions] == [True] * 10 + [False] * 2
    assert [each.standings[0].left for each in admissions] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert admissions[-1].violated == ("minute",)
    assert counting.asked == 11


async def test_a_large_plan_is_asked_for_once_in_five_hundred_calls() -> None:
    counting = Counting(LocalWindows())
    limiter, large = Limiter(counting), Policy("minute", 1_000_000, 60)

    for _ in range(1000):
        assert (await limiter.admit("acme", (large,))).admitted

    assert counting.asked == 2


async def test_many_callers_share_one_round_trip() -> None:
    counting = Counting(LocalWindows())
    limiter, large = Limiter(counting), Policy("minute", 1_000_000, 60)

    admissions = await asyncio.gather(*(limiter.admit("acme", (large,)) for _ in range(50)))

    assert all(each.admitted for each in admissions)
    assert counting.asked == 1


async def test_callers_go_on_though_the_one_who_asks_for_all_goes_away() -> None:
    counting = Counting(LocalWindows())
    limiter, large = Limiter(counting), Policy("minute", 1_000_000, 60)
    callers = [asyncio.create_task(limiter.admit("acme", (large,))) for _ in range(3)]
    await asyncio.sleep(0)

    callers[0].cancel()
    async with asyncio.timeout(5):
        admissions = await asyncio.gather(*callers[1:])

    assert all(each.admitted for each in admissions)


async def test_a_failure_reaches_the_one_who_asks_and_the_others_ask_themselves() -> None:
    counting = Counting(LocalWindows())
    counting.away = True
    limiter, large = Limiter(counting), Policy("minute", 1_000_000, 60)

    failures = await asyncio.gather(*(limiter.admit("acme", (large,)) for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in failures] == [Unavailable] * 3
    assert counting.asked == 3


async def test_a_lease_is_worth_nothing_after_its_window() -> None:
    clock = Seconds()
    counting = Counting(LocalWindows(clock=clock))
    limiter, policy = Limiter(counting, clock=clock), Policy("minute", 640, 60)
    await limiter.admit("acme", (policy,))

    clock.now += 60
    admission = await limiter.admit("acme", (policy,))

    assert counting.asked == 2
    assert admission.standings[0].left == 639


async def test_a_refusal_by_one_policy_costs_the_others_nothing() -> None:
    clock = Seconds()
    limiter = Limiter(LocalWindows(clock=clock), clock=clock)
    minute, month = Policy("minute", 10, 60), Policy("month", 3, 2_592_000)

    admissions = [await limiter.admit("acme", (minute, month)) for _ in range(6)]

    assert [each.admitted for each in admissions] == [True] * 3 + [False] * 3
    assert admissions[-1].violated == ("month",)
    assert admissions[-1].standings[0].left >= 6


async def test_a_subject_that_is_forgotten_starts_with_what_is_left_in_the_window() -> None:
    limiter = Limiter(LocalWindows(), maximum=1)
    await limiter.admit("acme", (MINUTE,))
    await limiter.admit("other", (MINUTE,))

    assert (await limiter.admit("acme", (MINUTE,))).standings[0].left == 8


@given(
    limit=st.integers(1, 2000),
    gateways=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 200), st.sampled_from([0.0, 0.3, 20.0])), max_size=40),
)
def test_gateways_that_share_windows_never_exceed_a_limit_in_any_window(
    limit: int, gateways: int, steps: list[tuple[int, int, float]]
) -> None:
    clock = Seconds()
    shared = LocalWindows(clock=clock)
    limiters = [Limiter(shared, clock=clock) for _ in range(gateways)]
    policy = Policy("minute", limit, 60)

    async def calls() -> dict[float, int]:
        admitted: dict[float, int] = {}
        for which, burst, pause in steps:
            clock.now += pause
            limiter = limiters[which % gateways]
            for admission in await asyncio.gather(*(limiter.admit("acme", (policy,)) for _ in range(burst))):
                if admission.admitted:
                    end = round(clock.now + admission.standings[0].ends_in, 3)
                    admitted[end] = admitted.get(end, 0) + 1
        return admitted

    assert all(count <= limit for count in asyncio.run(calls()).values())


async def test_gateways_that_share_a_valkey_admit_exactly_a_small_limit(redis_url: str) -> None:
    async with AsyncExitStack() as stack:
        limiters = [Limiter(RedisWindows(await stack.enter_async_context(open_trips(redis_url)))) for _ in range(4)]

        admissions = await asyncio.gather(*(limiters[n % 4].admit("acme", (MINUTE,)) for n in range(100)))

    assert sum(each.admitted for each in admissions) == 10


async def test_gateways_that_share_a_valkey_never_exceed_a_large_limit(redis_url: str) -> None:
    large = Policy("minute", 3000, 60)
    async with AsyncExitStack() as stack:
        limiters = [Limiter(RedisWindows(await stack.enter_async_context(open_trips(redis_url)))) for _ in range(4)]
        admissions = [
            admission
            for _ in range(10)
            for admission in await asyncio.gather(*(limiters[n % 4].admit("acme", (large,)) for n in range(400)))
        ]

    admitted = sum(each.admitted for each in admissions)
    assert 3000 - 4 * 46 <= admitted <= 3000


def test_headers_are_those_of_the_documents() -> None:
    free = policies_of(load_plans(default="free")["free"], Environment.PRODUCTION)
    standings = [Standing(free.requests[0], 9, 30.2), Standing(free.records.policy, 99, 2_591_999.5)]

    headers = rate_limit_headers(free.header, standings, now=1_700_000_000.0)

    assert headers == {
        "X-RateLimit-Limit": "10",
        "X-RateLimit-Remaining": "9",
        "X-RateLimit-Reset": "1700000031",
        "RateLimit-Policy": '"minute";q=10;w=60,"month";q=100;w=2592000',
        "RateLimit": '"minute";r=9;t=31,"month";r=99;t=2592000',
    }


def test_x_ratelimit_headers_speak_of_the_policy_with_the_least_left() -> None:
    headers = rate_limit_headers("", [Standing(MINUTE, 7, 12.0), Standing(MONTH, 2, 500.0)], now=1_700_000_000.0)

    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("100", "2")
    assert headers["X-RateLimit-Reset"] == "1700000500"


def test_test_keys_have_a_month_of_requests_instead_of_records() -> None:
    policies = policies_of(load_plans(default="free")["free"], Environment.STAGING)

    assert [(policy.name, policy.limit) for policy in policies.requests] == [("minute", 10), ("month", 1000)]
    assert policies.header == '"minute";q=10;w=60,"month";q=1000;w=2592000'


def test_a_refusal_says_when_the_last_violated_window_ends() -> None:
    problem = limit_exceeded([Standing(MINUTE, 0, 12.2), Standing(MONTH, 0, 500.0)], ["minute"])

    assert (problem.status, problem.detail) == (429, "Rate limit exceeded")
    assert problem.headers["Retry-After"] == "13"
    assert problem.extra == {"violated_policies": ["minute"]}
