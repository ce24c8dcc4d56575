"""Results as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from winnow import BatchItem, BreakdownLine, Company, Finding, Key, Rule, RuleSummary, RuleVersion, Score
from winnow.results import ImportStatus, RejectedRow

TIER_STYLES = {
    "hot": "bold red",
    "warm": "yellow",
    "neutral": "cyan",
    "cold": "blue",
    "insufficient_data": "magenta",
}

REJECTED_SHOWN = 20


def plain(value: object, /, *, style: str = "") -> Text:
    """`value` as it is: no markup, and nothing that a terminal would obey."""
    text = "" if value is None else str(value)
    return Text("".join(c if c.isprintable() else "\ufffd" for c in text), style=style)


def table(*headers: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns named in `right` hold numbers."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for number, header in enumerate(headers):
        side: JustifyMethod = "right" if header in right else "left"
        # The first column is what one would copy, so it is never shortened.
        made.add_column(header, justify=side, no_wrap=number == 0, overflow="fold")
    return made


def tier_text(tier: str, /) -> Text:
    """A tier in its colour."""
    return plain(tier.replace("_", " "), style=TIER_STYLES.get(tier, ""))


@dataclass(frozen=True, slots=True)
class Flow:
    """Short texts one after the other, with commas, where a line ends only between two of them."""

    parts: Sequence[Text]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text()
        for number, part in enumerate(self.parts, 1):
            piece = part if number == len(self.parts) else part + ","
            if line and line.cell_len + 1 + piece.cell_len > options.max_width:
                yield line
                line = Text()
            line = line + " " + piece if line else piece
        yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widths = [part.cell_len + 1 for part in self.parts] or [0]
        return Measurement(max(widths), sum(widths) + len(widths) - 1).clamp(max_width=options.max_width)


def reasons(score: Score, /) -> Flow:
    """The lines that count, the weightiest first, and how many could not be judged."""
    parts = [
        Text.assemble((f"{line.points:+d} ", _points_style(line)), plain(line.condition)) for line in score.reasons
    ]
    unknown = sum(line.missing for line in score.breakdown)
    if unknown:
        parts.append(Text(f"{unknown} unknown", style="dim"))
    return Flow(parts)


def scores_table(items: Iterable[BatchItem], /) -> Table:
    """One line per domain: score, tier and reasons, or why there is none."""
    made = table("Domain", "Score", "Tier", "Reasons", right=["Score"])
    for item in items:
        if isinstance(item, Score):
            score = Text(str(item.score), style="bold")
            made.add_row(plain(item.domain), score, tier_text(item.tier), reasons(item))
        else:
            made.add_row(plain(item.domain), "", "", plain(item.error.detail, style="red"))
    return made


def score_details(score: Score, /) -> RenderableType:
    """One score in full: a line per condition, whose points add up to it."""
    heading = Text.assemble((score.domain, "bold"), "  ", (str(score.score), "bold"), "  ", tier_text(score.tier))
    version = f", version {score.rule_version}" if score.rule_version is not None else ""
    made = table("Points", "Condition", "", right=["Points"])
    for line in score.breakdown:
        verdict = "unknown" if line.missing else "yes" if line.matched else "no"
        points = Text(f"{line.points:+d}" if line.points else "0", style=_points_style(line))
        made.add_row(points, plain(line.condition), Text(verdict, style="dim"))
    rule = plain(f"by {score.rule_name} ({score.rule_id}{version})", style="dim")
    return Group(heading, rule, made)


def companies_table(companies: Iterable[Company], /) -> Table:
    """One line per company."""
    made = table("Domain", "Name", "Industry", "Country", "Employees", "Technologies", right=["Employees"])
    for company in companies:
        employees = "" if company.employees is None else f"{company.employees:,}"
        made.add_row(
            plain(company.domain),
            plain(company.name),
            plain(company.industry),
            plain(company.country),
            employees,
            plain(", ".join(company.technologies or ())),
        )
    return made


def company_details(company: Company, /) -> RenderableType:
    """One line per attribute: its value, and where it is from."""
    made = table("Attribute", "Value", "From", "Since")
    known = company.model_dump(exclude_none=True, exclude={"domain", "version", "created_at", "updated_at", "sources"})
    custom = known.pop("custom", {})
    for name, value in {**known, **{f"custom.{name}": value for name, value in custom.items()}}.items():
        source = company.sources.get(name.split(".")[0])
        origin = (plain(source.source), moment(source.observed_at)) if source else ("", "")
        made.add_row(plain(name), plain(_shown(value)), *origin)
    return Group(plain(company.domain, style="bold"), made)


def keys_table(keys: Iterable[Key], /) -> Table:
    """One line per key, without secrets."""
    made = table("Id", "Name", "Key", "Environment", "Scopes", "Created", "Ends")
    for key in keys:
        made.add_row(
            plain(key.id),
            plain(key.name),
            plain(key.hint),
            plain(key.environment),
            plain(" ".join(key.scopes)),
            moment(key.created_at),
            moment(key.expires_at),
        )
    return made


def rules_table(rules: Iterable[RuleSummary], /) -> Table:
    """One line per rule: which version scores, and which is the newest."""
    made = table("Id", "Name", "Published", "Newest", "Default", right=["Published", "Newest"])
    for rule in rules:
        published = "none" if rule.published_version is None else str(rule.published_version)
        made.add_row(
            plain(rule.id),
            plain(rule.name),
            published,
            str(rule.latest_version),
            "yes" if rule.default else "",
        )
    return made


def rule_line(rule: Rule, /) -> Text:
    """A rule's version in one line: which, and whether it scores."""
    default = ", the default rule" if rule.default else ""
    return Text.assemble(
        plain(rule.id, style="bold"),
        "  ",
        plain(rule.name),
        Text(f"  version {rule.version}, {rule.status}{default}", style="dim"),
    )


def versions_table(versions: Iterable[RuleVersion], /) -> Table:
    """One line per version."""
    made = table("Version", "Status", "Created", "Published", right=["Version"])
    for version in versions:
        made.add_row(
            str(version.version),
            plain(version.status),
            moment(version.created_at),
            moment(version.published_at),
        )
    return made


def findings_table(findings: Iterable[Finding], /) -> Table:
    """One line per remark of lint."""
    made = table("Where", "What", "Code")
    for finding in findings:
        made.add_row(plain(finding.pointer), plain(finding.detail), plain(finding.code, style="dim"))
    return made


def import_summary(status: ImportStatus, /) -> RenderableType:
    """How an import ended, with the first of the rows that were rejected."""
    sentence = f"{status.imported:,} of {status.rows:,} rows imported, {status.rejected:,} rejected."
    return rows_summary(sentence, status.errors, rejected=status.rejected)


def rows_summary(sentence: str, errors: Sequence[RejectedRow], /, *, rejected: int) -> RenderableType:
    """A sentence about the rows of a file, with the first of those that were `rejected`."""
    if not errors:
        return Text(sentence)
    made = table("Line", "Rejected because", right=["Line"])
    for row in errors[:REJECTED_SHOWN]:
        made.add_row(str(row.line), plain(row.reason))
    more = rejected - min(len(errors), REJECTED_SHOWN)
    return Group(Text(sentence), made, Text(f"… and {more:,} more", style="dim") if more > 0 else "")


def moment(value: datetime | None, /) -> str:
    """A time, in UTC and to the minute."""
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return "known" if value else "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _points_style(line: BreakdownLine) -> str:
    return "green" if line.points > 0 else "red" if line.points < 0 else "dim"
