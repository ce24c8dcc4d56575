"""Published rules are remembered for as long as their tenant's rulebook has not changed."""

from uuid import UUID

from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.published_rules import PublishedRules
from winnow_scoring.rulebook import starter
from winnow_scoring.scored import PublishedRule

ACME, OTHER = UUID(int=1), UUID(int=2)


def rule(version: int = 1) -> PublishedRule:
    verdicts = CompiledRules().compile(starter().hash, definition=starter().definition)
    return PublishedRule("sr_a", version=version, name="A", rule_hash=starter().hash, verdicts=verdicts)


def test_a_rule_is_found_at_the_revision_at_which_it_was_kept_and_at_no_other() -> None:
    published, kept = PublishedRules(), rule()
    published.keep({(ACME, "sr_a"): kept}, revisions={ACME: 3})

    assert published.find([(ACME, "sr_a")], revisions={ACME: 3}) == {(ACME, "sr_a"): kept}
    assert published.find([(ACME, "sr_a")], revisions={ACME: 4}) == {}
    assert published.find([(ACME, "sr_a")], revisions={}) == {}


def test_tenants_and_the_default_rule_are_kept_apart() -> None:
    published = PublishedRules()
    published.keep({(ACME, None): rule(1), (ACME, "sr_a"): rule(2), (OTHER, "sr_a"): rule(3)}, revisions={ACME: 1})

    found = published.find([(ACME, None), (ACME, "sr_a"), (OTHER, "sr_a")], revisions={ACME: 1, OTHER: 1})
    assert {key: each.version for key, each in found.items()} == {(ACME, None): 1, (ACME, "sr_a"): 2}


def test_those_used_longest_ago_are_forgotten() -> None:
    published = PublishedRules(most=2)
    for name in ("sr_a", "sr_b"):
        published.keep({(ACME, name): rule()}, revisions={ACME: 1})
    published.find([(ACME, "sr_a")], revisions={ACME: 1})
    published.keep({(ACME, "sr_c"): rule()}, revisions={ACME: 1})

    names = [(ACME, name) for name in ("sr_a", "sr_b", "sr_c")]
    assert list(published.find(names, revisions={ACME: 1})) == [(ACME, "sr_a"), (ACME, "sr_c")]
