"""Each score says why it is not what the one before it was."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from winnow_contracts.explained import Cause
from winnow_scoring.causes import Line, cause, causes, last_of_lines

NEWEST = UUID(int=100)
BY_RULE = Line("sr_icp", livemode=True)
BY_SIMILARITY = Line(None, livemode=True)
NOT_LIVE = Line("sr_icp", livemode=False)


@dataclass(frozen=True, slots=True)
class Given:
    """A score by a rule."""

    score_id: UUID = NEWEST
    line: Line = BY_RULE
    score: float = 85
    snapshot_hash: bytes = b"company"
    rule_hash: str | None = "rule"
    model_version: int | None = None
    code_version: str = "rules-1"
    evaluated_on: date = date(2026, 11, 21)


def numbered(number: int, line: Line = BY_RULE, score: float = 85) -> Given:
    return Given(score_id=UUID(int=number), line=line, score=score)


def test_a_score_with_none_before_it_is_the_first() -> None:
    assert cause(Given(), before=None) == Cause(codes=["first"], before=None, difference=None)


def test_a_score_from_the_same_inputs_is_unchanged() -> None:
    assert cause(Given(), before=Given()) == Cause(codes=["unchanged"], before=85, difference=0)


def test_everything_that_differs_is_named() -> None:
    before = Given(snapshot_hash=b"other", rule_hash="other", code_version="rules-0", score=60)
    found = cause(Given(), before=before)
    assert found == Cause(codes=["company_changed", "rule_changed", "code_changed"], before=60, difference=25)


def test_another_model_is_named_and_the_difference_has_no_more_digits_than_the_scores() -> None:
    by_model = Given(rule_hash=None, model_version=4, score=71.3)
    found = cause(by_model, before=replace(by_model, model_version=3, score=71.2))
    assert found == Cause(codes=["model_changed"], before=71.2, difference=0.1)


def test_time_is_the_cause_where_nothing_else_is() -> None:
    earlier = Given(evaluated_on=date(2026, 11, 20), score=90)
    assert cause(Given(), before=earlier).codes == ["time_passed"]
    assert cause(Given(), before=replace(earlier, snapshot_hash=b"other")).codes == ["company_changed"]


def test_a_day_that_changes_nothing_is_no_cause() -> None:
    assert cause(Given(), before=Given(evaluated_on=date(2026, 11, 20))).codes == ["unchanged"]


def test_scores_follow_those_of_their_own_rule_kind_and_mode() -> None:
    page = [
        numbered(9, score=50),
        numbered(8, BY_SIMILARITY, 71.5),
        numbered(7, NOT_LIVE, 10),
        numbered(6, Line("sr_other", livemode=True), 20),
        numbered(5, score=40),
        numbered(4, BY_SIMILARITY, 70.5),
    ]
    found = causes(page, older={})
    assert [found[score.score_id].before for score in page] == [40, 70.5, None, None, None, None]


def test_the_last_score_of_a_page_follows_one_that_is_not_on_it() -> None:
    page = [numbered(9, score=50), numbered(8, NOT_LIVE), numbered(7, score=40)]
    assert last_of_lines(page) == {BY_RULE: UUID(int=7), NOT_LIVE: UUID(int=8)}
    found = causes(page, older={BY_RULE: numbered(2, score=30)})
    assert [found[score.score_id].before for score in page] == [40, None, 30]
