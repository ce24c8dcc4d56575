"""What is wrong with an input is pointed at, and never repeated."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator
from winnow_common.errors import Problem
from winnow_common.http import parse


class Tier(StrEnum):
    HOT = "hot"
    COLD = "cold"


class Equals(BaseModel):
    model_config = ConfigDict(extra="forbid")
    operator: Literal["equals"]
    value: int | list[int]


class Contains(BaseModel):
    operator: Literal["contains"]
    value: str


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(max_length=10)]
    weights: dict[str, int] = {}
    conditions: list[Annotated[Equals | Contains, Field(discriminator="operator")]] = []
    limit: int | None = None
    tier: Annotated[Tier, Field(strict=False)] = Tier.HOT
    domain: str = "a.com"

    @field_validator("domain")
    @classmethod
    def _has_a_dot(cls, value: str) -> str:
        if "." not in value:
            raise ValueError("is no domain")
        return value


def pointers(value: Any, *, prefix: str = "") -> dict[str, str | None]:
    """Where and what is refused."""
    with pytest.raises(Problem) as caught:
        parse(Rule, value, prefix=prefix)
    assert (caught.value.status, caught.value.code) == (422, "invalid_request")
    return {violation.pointer: violation.code for violation in caught.value.errors}


class TestPointers:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({}, {"/name": "missing"}),
            ([], {"": "model_type"}),
            ("x", {"": "model_type"}),
            ({"name": 1}, {"/name": "string_type"}),
            ({"name": "n", "limit": "3"}, {"/limit": "int_type"}),
            ({"name": "n", "limit": True}, {"/limit": "int_type"}),
            ({"name": "n", "limit": 39.0}, {"/limit": "int_type"}),
            ({"name": "n", "more": 1}, {"/more": "extra_forbidden"}),
            ({"name": "n", "a/b~c": 1}, {"/a~1b~0c": "extra_forbidden"}),
            ({"name": "n", "weights": {"a": "x"}}, {"/weights/a": "int_type"}),
            ({"name": "n", "tier": "warm"}, {"/tier": "enum"}),
            ({"name": "n", "domain": "nodot"}, {"/domain": "value_error"}),
            ({"name": "n", "conditions": [{}]}, {"/conditions/0": "union_tag_not_found"}),
            ({"name": "n", "conditions": [{"operator": "x"}]}, {"/conditions/0": "union_tag_invalid"}),
            ({"name": "n", "conditions": [{"operator": "contains"}]}, {"/conditions/0/value": "missing"}),
            (
                {"name": "n", "conditions": [{"operator": "equals", "value": 1}, {"operator": "contains", "value": 1}]},
                {"/conditions/1/value": "string_type"},
            ),
            (
                {"name": "n", "conditions": [{"operator": "equals", "value": [1, "x"]}]},
                {"/conditions/0/value": "int_type", "/conditions/0/value/1": "int_parsing"},
            ),
        ],
    )
    def test_each_fault_is_pointed_at_in_what_was_sent(self, value: Any, expected: dict[str, str]) -> None:
        assert pointers(value) == expected

    def test_a_prefix_leads_to_the_value(self) -> None:
        assert pointers({}, prefix="/items/3") == {"/items/3/name": "missing"}

    def test_a_query_parameter_is_named_with_a_question_mark(self) -> None:
        assert pointers({"name": "n" * 11}, prefix="?") == {"?name": "string_too_long"}

    def test_a_hundred_faults_are_shown_and_all_are_counted(self) -> None:
        with pytest.raises(Problem, match="150 things") as caught:
            parse(Rule, {"name": "n", "weights": {str(number): "x" for number in range(150)}})
        assert len(caught.value.errors) == 100

    def test_a_key_without_end_is_cut(self) -> None:
        (pointer,) = pointers({"name": "n", "x" * 100_000: 1})
        assert len(pointer) <= 101


class TestWords:
    def test_words_of_our_own_validators_come_as_they_are(self) -> None:
        with pytest.raises(Problem) as caught:
            parse(Rule, {"name": "n", "domain": "nodot"})
        assert [violation.detail for violation in caught.value.errors] == ["is no domain"]

    def test_an_unknown_operator_is_told_which_there_are(self) -> None:
        with pytest.raises(Problem) as caught:
            parse(Rule, {"name": "n", "conditions": [{"operator": "hunter2"}]})
        assert [violation.detail for violation in caught.value.errors] == [
            "Input should be one of 'equals', 'contains'"
        ]

    @given(
        st.recursive(
            st.just("hunter2") | st.integers() | st.none(),
            lambda inner: (
                st.lists(inner)
                | st.fixed_dictionaries({}, optional={"operator": inner, "value": inner})
                | st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(["name", "weights", "conditions", "limit", "tier", "domain"], inner)
                )
            ),
        )
    )
    def test_no_refusal_repeats_a_value(self, value: Any) -> None:
        try:
            parse(Rule, value)
        except Problem as problem:
            assert b"hunter2" not in problem.body(None)  # noqa: PT017 - not every value is refused
