"""What the demo found, for a terminal of 100 columns."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from winnow import BatchItem, Score
from winnow.cli.tables import plain, reasons, tier_text

from winnow_local.demo.job import Loaded, Outcome

BEST = 15
REJECTED = 8
LIKEST = 8
_FITTING = re.compile(r"What fits: (.*?)\.(?: |$)")
_TIERS = ("hot", "warm", "neutral", "cold")
_BAR = 40


def show(outcome: Outcome, *, console: Console) -> None:
    """Print the tables."""
    for title, table in _sections(outcome):
        console.print()
        console.print(Text(title, style="bold"))
        console.print(Padding(table, (0, 0, 0, 1)))


def _sections(outcome: Outcome) -> Iterator[tuple[str, RenderableType]]:
    scores = outcome.scores
    yield f"The best {min(BEST, len(scores))} of {len(scores):,} companies", best_table(outcome)
    yield "Tiers", tiers_table(scores)
    if outcome.likeness.best:
        yield (
            f"The {LIKEST} of {len(outcome.likeness.scores):,} that look most like our customers",
            likest_table(outcome),
        )
    if any(loaded.status.rejected for loaded in outcome.loaded):
        yield "Rows that were rejected", rejected_table(outcome.loaded)
    if unscored := [item for item in outcome.items if not isinstance(item, Score)]:
        yield "Companies without a score", unscored_table(unscored)


def best_table(outcome: Outcome) -> Table:
    """The best companies with their reasons, the weightiest first."""
    table = _table()
    table.add_column("Company", width=24, overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("Tier")
    table.add_column("Reasons", ratio=1)
    for score in outcome.scores[:BEST]:
        company = outcome.companies[score.domain]
        table.add_row(
            Text("\n").join([plain(company.name or score.domain), plain(score.domain, style="dim")]),
            Text(str(score.score), style="bold"),
            tier_text(score.tier),
            reasons(score),
        )
    return table


def likest_table(outcome: Outcome) -> Table:
    """The companies that look most like customers, which those are, and what fits."""
    table = _table()
    table.add_column("Company", width=24, overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("Grade")
    table.add_column("What fits, and whom it resembles", ratio=1)
    for score in outcome.likeness.best[:LIKEST]:
        domain = score.resolved.domain or ""
        fitting = _FITTING.search(score.explanation)
        alike = ", ".join(each.name or each.domain for each in score.similar_customers[:2])
        table.add_row(
            Text("\n").join([plain(outcome.companies[domain].name or domain), plain(domain, style="dim")]),
            Text(f"{score.score:.0f}", style="bold"),
            plain(score.grade),
            Text("\n").join([plain(fitting[1] if fitting else ""), plain(f"like {alike}", style="dim")]),
        )
    return table


def tiers_table(scores: Sequence[Score]) -> Table:
    """How many companies each tier has."""
    counts = Counter(score.tier for score in scores)
    names = [*_TIERS, *sorted(counts.keys() - set(_TIERS))]
    most = max(counts.values(), default=1)
    table = Table(box=None, pad_edge=False, show_header=False)
    for name in names:
        tier = tier_text(name)
        bar = Text("█" * max(round(_BAR * counts[name] / most), 1 if counts[name] else 0), style=tier.style)
        table.add_row(tier, Text(f"{counts[name]:,}", justify="right"), bar)
    return table


def rejected_table(loaded: Sequence[Loaded]) -> RenderableType:
    """The first rows that did not go in, and why."""
    table = _table()
    table.add_column("Company")
    table.add_column("Domain as given")
    table.add_column("Reason", ratio=1)
    rejected = chain.from_iterable(one.rejected() for one in loaded)
    for row in islice(rejected, REJECTED):
        table.add_row(plain(row.name), plain(row.domain), plain(row.reason))
    more = sum(one.status.rejected for one in loaded) - table.row_count
    return Group(table, Text(f"and {more:,} more", style="dim")) if more else table


def unscored_table(items: Sequence[BatchItem]) -> Table:
    """The first domains that have no score, and why."""
    table = _table()
    table.add_column("Domain")
    table.add_column("Reason", ratio=1)
    for item in items[:REJECTED]:
        if not isinstance(item, Score):
            table.add_row(plain(item.domain), plain(item.error.detail))
    return table


def next_steps(*, url: str | None, best: str | None) -> Text:
    """What somebody would like to do now; `url` is None where the stack ends with the demo."""
    winnow = os.path.relpath(Path(sys.executable).with_name("winnow"))
    commands = (
        *((("start it again", "make up"),) if url is None else ()),
        ("log in", f"{winnow} login --url {url or 'URL'} --api-key KEY"),
        ("one score in full", f"{winnow} score {best or 'DOMAIN'}"),
        ("your own companies", f"{winnow} companies import FILE.csv --map 'Website=domain'"),
        ("your own rule", f"{winnow} rules create RULE.json --publish"),
        ("every call", f"{url or 'URL'}/docs"),
    )
    text = Text("\nWhat to do next\n", style="bold")
    for purpose, command in commands:
        text.append(f"  {purpose:<20}", style="dim not bold")
        text.append(f"{command}\n", style="cyan not bold")
    return text


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=True)
