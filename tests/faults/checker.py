"""Compares what clients were told with what stores and log hold, and says in sentences what does not agree.

It knows nothing of how services work: a client asks for operations, each under a name of its own that it may repeat,
and is told a status and a body, or nothing. An operation that is done leaves exactly one effect in a store and exactly
one fact on each topic that tells of it. Facts may be repeated on the log under the same id, since delivery is at least
once, but never changed, and their first occurrences are in the order of their sequence, key by key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SAMPLE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One answer that a client was given."""

    operation: str
    status: int
    body: bytes = b""

    @property
    def final(self) -> bool:
        """Whether it stands; 429 and 5xx invite another try."""
        return self.status < 500 and self.status != 429

    @property
    def done(self) -> bool:
        """Whether it says that the operation was done."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One trace of an operation in a store; `number` counts the effects on one key."""

    operation: str
    key: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One record of a topic of facts."""

    id: str
    operation: str
    key: str
    sequence: int
    content: bytes = b""


def check_answers(asked: Iterable[str], told: Iterable[Told]) -> list[str]:
    """Everybody who asked has a final answer, and nobody was told two different ones."""
    answers: defaultdict[str, set[tuple[int, bytes]]] = defaultdict(set)
    for answer in told:
        if answer.final:
            answers[answer.operation].add((answer.status, answer.body))
    operations = set(asked)
    return [
        *_found("never answered", operations - answers.keys()),
        *_found("answered without having been asked", answers.keys() - operations),
        *_found("given different answers", (name for name, given in answers.items() if len(given) > 1)),
    ]


def check_effects(asked: Iterable[str], told: Iterable[Told], effects: Iterable[Effect]) -> list[str]:
    """What was said to be done has one effect, what was refused has none, and nothing has two or came unasked."""
    told = list(told)
    done = {answer.operation for answer in told if answer.done}
    refused = {answer.operation for answer in told if answer.final and not answer.done}
    counts = Counter(effect.operation for effect in effects)
    return [
        *_found("said to be done, and without effect", done - counts.keys()),
        *_found("done more than once", (name for name, count in counts.items() if count > 1)),
        *_found("refused, and done all the same", refused & counts.keys()),
        *_found("done without having been asked for", counts.keys() - set(asked)),
    ]


def check_numbers(effects: Iterable[Effect]) -> list[str]:
    """The effects on a key are counted from 1 without a gap and without a repetition."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for effect in effects:
        if effect.number is not None:
            numbers[effect.key].append(effect.number)
    wrong = (key for key, found in numbers.items() if sorted(found) != list(range(1, len(found) + 1)))
    return _found("a key whose effects are not numbered 1, 2, 3 …", wrong)


def check_order(asked: Sequence[tuple[str, str]], effects: Iterable[Effect]) -> list[str]:
    """Effects on a key came in the order in which they were asked for: that of `asked`, pairs of operation and key."""
    place = {operation: position for position, (operation, _) in enumerate(asked)}
    by_key: defaultdict[str, list[Effect]] = defaultdict(list)
    for effect in effects:
        if effect.operation in place:
            by_key[effect.key].append(effect)
    wrong = (
        key
        for key, found in by_key.items()
        if not _rising(place[each.operation] for each in sorted(found, key=lambda each: each.number or 0))
    )
    return _found("a key whose effects came in another order than they were asked for", wrong)


def check_facts(effects: Iterable[Effect], published: Sequence[Published], *, topic: str) -> list[str]:
    """Each effect has one fact, no fact is without an effect, and repeats are the same.

    `published` are the records of a topic, each partition in the order of its offsets.
    """
    first: dict[str, Published] = {}
    changed = {fact.id for fact in published if first.setdefault(fact.id, fact) != fact}
    done = {effect.operation for effect in effects}
    counts = Counter(fact.operation for fact in first.values())
    return [
        *_found(f"done, and never told on {topic}", done - counts.keys()),
        *_found(f"told on {topic}, and not done", counts.keys() - done),
        *_found(f"told on {topic} under several ids", (name for name, count in counts.items() if count > 1)),
        *_found(f"repeated on {topic} with other content", changed),
    ]


def check_sequence(published: Sequence[Published], *, topic: str) -> list[str]:
    """The first occurrences of facts are in the order of their sequence, key by key."""
    sequences: defaultdict[str, list[int]] = defaultdict(list)
    seen: set[str] = set()
    for fact in published:
        if fact.id not in seen:
            seen.add(fact.id)
            sequences[fact.key].append(fact.sequence)
    return _found(f"a key out of order on {topic}", (key for key, found in sequences.items() if not _rising(found)))


def check_last(published: Sequence[Published], *, topic: str) -> list[str]:
    """The last record of a key is its newest: a reader who keeps the last of each key has the present state."""
    last = {fact.key: fact.sequence for fact in published}
    newest: dict[str, int] = {}
    for fact in published:
        newest[fact.key] = max(newest.get(fact.key, fact.sequence), fact.sequence)
    stale = (key for key in last if last[key] != newest[key])
    return _found(f"a key whose last record on {topic} is not its newest", stale)


def _rising(numbers: Iterable[int]) -> bool:
    return all(one < other for one, other in pairwise(numbers))


def _found(what: str, names: Iterable[str]) -> list[str]:
    """One sentence with the number of cases and some of them; nothing where there are none."""
    cases = sorted(names)
    if not cases:
        return []
    return [f"{len(cases)} times {what}: {', '.join(cases[:_SAMPLE])}{' …' if len(cases) > _SAMPLE else ''}"]
