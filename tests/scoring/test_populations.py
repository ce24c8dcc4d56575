"""Which companies customers are compared to, and when that is to be drawn anew."""

import pytest
from winnow_scoring.populations import Sources


@pytest.mark.parametrize(
    ("own", "shared", "name"),
    [
        (0, 0, "baseline"),
        (60, 39, "baseline"),
        (60, 40, "your companies and directory"),
        (0, 100, "directory"),
        (150, 0, "your companies"),
        (199, 4_000, "your companies and directory"),
        (200, 4_000, "your companies"),
    ],
)
def test_the_tenants_own_companies_come_first(own: int, shared: int, name: str) -> None:
    assert Sources(own, shared).name == name


def test_a_population_is_drawn_anew_where_others_are_to_be_drawn_from() -> None:
    assert Sources(3_000, 0).differ_from(Sources(6, 0))
    assert Sources(0, 500).differ_from(Sources(0, 0))
    assert Sources(0, 0).differ_from(Sources(3_000, 0))


def test_a_population_stays_while_it_has_hardly_grown() -> None:
    assert not Sources(0, 0).differ_from(Sources(90, 0))
    assert not Sources(1_050, 0).differ_from(Sources(1_000, 0))
    assert Sources(1_200, 0).differ_from(Sources(1_000, 0))
    assert not Sources(1_000, 4_000).differ_from(Sources(1_000, 0))
    assert Sources(100, 4_000).differ_from(Sources(100, 1_000))
