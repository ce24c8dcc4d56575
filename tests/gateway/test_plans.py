"""The plans file is checked when the gateway starts."""

from pathlib import Path

import pytest
from winnow_gateway.plans import InvalidPlans, load_plans

PLAN = """
[free]
requests_per_minute = 10
records_per_month = 100
live_keys = 1
test_keys = 2
test_requests_per_month = 1000
"""


def test_the_packaged_plans_are_those_of_the_documents() -> None:
    plans = load_plans(default="free")

    assert list(plans) == ["free", "starter", "professional", "enterprise", "unlimited"]
    free = plans["free"]
    assert (free.requests_per_minute, free.records_per_month, free.live_keys) == (10, 100, 1)
    assert free.test_requests_per_month == 1000
    assert plans["professional"].records_per_month == 5000
    assert [name for name, plan in plans.items() if not plan.records_counted] == ["unlimited"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PLAN.replace("10\n", '"ten"\n', 1), "requests_per_minute"),
        (PLAN.replace("records_per_month = 100", "records_per_month = 0"), "records_per_month"),
        (PLAN.replace("test_keys = 2\n", ""), "test_keys"),
        (PLAN + "discount = 5\n", "discount"),
        ("free = 3\n", "free"),
        ("[free", "Expected"),
        (PLAN.replace("[free]", "[gratis]"), "there is no plan 'free'"),
    ],
)
def test_a_plans_file_with_a_fault_is_refused_and_the_fault_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "plans.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidPlans, match=complaint):
        load_plans(path, default="free")


def test_a_plans_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPlans, match="nowhere"):
        load_plans(tmp_path / "nowhere.toml", default="free")
