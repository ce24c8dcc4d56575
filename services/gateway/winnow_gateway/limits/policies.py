"""Policies and what they say on an answer: pure.

A policy is a number of units in a window that begins with the first call. The headers are the ones that clients know
(`X-RateLimit-*`) and those of the IETF draft (draft-ietf-httpapi-ratelimit-headers-10), which name each policy.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from winnow_common.errors import Problem
from winnow_contracts.event import Environment

from winnow_gateway.plans import Plan

MINUTE = 60
MONTH = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """So many units in so many seconds. Compared by identity, since there is one object per plan and policy."""

    name: str
    limit: int
    seconds: int


class Standing(NamedTuple):
    """How one policy stands: what is left of it, and in how many seconds a new window begins."""

    policy: Policy
    left: int
    ends_in: float


class Admission(NamedTuple):
    """How a call's policies stand after it, and the names of those that refuse it."""

    standings: tuple[Standing, ...]
    violated: tuple[str, ...] = ()

    @property
    def admitted(self) -> bool:
        """Whether the call may go on."""
        return not self.violated


@dataclass(frozen=True, slots=True)
class PolicySet:
    """What holds for the keys of one plan and kind of environment.

    `requests` are counted for every call, all of them or none. Records are counted elsewhere (`winnow_gateway.months`),
    since they are worth money and Redis may be flushed.
    """

    requests: tuple[Policy, ...]
    records: Standing
    """The month of records before anything is counted."""
    shows_records: bool
    """Whether that month is this kind of key's, rather than one of requests."""
    header: str
    """RateLimit-Policy, written once."""


def policies_of(plan: Plan, environment: Environment) -> PolicySet:
    """The policies of a plan: records a month for production keys, requests a month for the others."""
    minute = Policy("minute", plan.requests_per_minute, MINUTE)
    records = Policy("month", plan.records_per_month, MONTH)
    unused = Standing(records, records.limit, records.seconds)
    if environment.livemode:
        return PolicySet((minute,), unused, shows_records=True, header=_written((minute, records)))
    requests = (minute, Policy("month", plan.test_requests_per_month, MONTH))
    return PolicySet(requests, unused, shows_records=False, header=_written(requests))


def rate_limit_headers(policy_header: str, standings: Sequence[Standing], *, now: float) -> dict[str, str]:
    """The headers of an answer; `now` in seconds since 1970. X-RateLimit-* speak of the policy with the least left."""
    tightest = min(standings, key=lambda standing: (standing.left, -standing.ends_in))
    return {
        "X-RateLimit-Limit": str(tightest.policy.limit),
        "X-RateLimit-Remaining": str(tightest.left),
        "X-RateLimit-Reset": str(math.ceil(now + tightest.ends_in)),
        "RateLimit-Policy": policy_header,
        "RateLimit": ",".join(
            [f'"{policy.name}";r={left};t={math.ceil(ends_in)}' for policy, left, ends_in in standings]
        ),
    }


def limit_exceeded(standings: Sequence[Standing], violated: Sequence[str]) -> Problem:
    """The refusal of a call that is over the named policies: 429 with the time after which it may be sent again."""
    wait = max(standing.ends_in for standing in standings if standing.policy.name in violated)
    headers: Mapping[str, str] = {"Retry-After": str(max(1, math.ceil(wait)))}
    return Problem(
        429, "rate_limit_exceeded", "Rate limit exceeded", extra={"violated_policies": list(violated)}, headers=headers
    )


def _written(policies: Sequence[Policy]) -> str:
    return ",".join(f'"{policy.name}";q={policy.limit};w={policy.seconds}' for policy in policies)
