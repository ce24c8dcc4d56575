"""How many dead letters are too many, and whose."""

from uuid import UUID

import pytest
from winnow_common.quarantine import Limits, Quarantine, TooManyDeadLetters

LIMITS = Limits(window=60, share=0.1, at_least=10, tenants=3, quarantine=30)


def tenant(number: int) -> UUID:
    return UUID(int=number)


def test_a_few_deaths_prove_nothing() -> None:
    quarantine = Quarantine(LIMITS)

    for number in range(9):
        quarantine.died(tenant(number), now=0)

    assert quarantine.size == 0


def test_one_tenant_that_fails_again_and_again_is_refused_for_a_while() -> None:
    quarantine = Quarantine(LIMITS)

    for _ in range(10):
        quarantine.died(tenant(1), now=0)

    assert quarantine.refuses(tenant(1), now=29)
    assert not quarantine.refuses(tenant(2), now=29)
    assert not quarantine.refuses(tenant(1), now=31)


def test_deaths_of_several_tenants_beyond_the_share_stop_the_consumer() -> None:
    quarantine = Quarantine(LIMITS)
    quarantine.handled(50, now=0)

    for number in range(9):
        quarantine.died(tenant(number % 5), now=1)
    with pytest.raises(TooManyDeadLetters):
        quarantine.died(tenant(0), now=1)


def test_deaths_of_several_tenants_below_the_share_do_not() -> None:
    quarantine = Quarantine(LIMITS)
    quarantine.handled(1000, now=0)

    for number in range(20):
        quarantine.died(tenant(number % 5), now=1)

    assert quarantine.size == 0


def test_one_bad_tenant_and_a_few_accidents_do_not_stop_the_others() -> None:
    quarantine = Quarantine(LIMITS)
    quarantine.handled(60, now=0)
    quarantine.died(tenant(2), now=0)
    quarantine.died(tenant(3), now=0)

    for _ in range(30):
        quarantine.died(tenant(1), now=1)

    assert quarantine.refuses(tenant(1), now=2)


def test_deaths_are_forgotten_after_the_window() -> None:
    quarantine = Quarantine(LIMITS)

    for number in range(40):
        quarantine.died(tenant(1), now=number * 10)

    assert quarantine.size == 0
