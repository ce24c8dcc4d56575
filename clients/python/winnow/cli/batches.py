"""`winnow upload` and `winnow batches`: files of leads in, qualified leads out."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from winnow import Winnow
from winnow.cli.importing import read_mapping
from winnow.cli.progress import sending
from winnow.cli.tables import plain, table
from winnow.cli.terminal import Json, Terminal, terminal
from winnow.results import Batch, BatchSummary, Preview

app = typer.Typer(help="Files of leads: how far they are, and what became of their rows.", no_args_is_help=True)


class Format(StrEnum):
    """Formats of downloads."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"


class Status(StrEnum):
    """Which rows."""

    QUALIFIED = "qualified"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    ALL = "all"


LeadFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="CSV, TSV, JSON, NDJSON, XLSX, or gzipped.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the rows to this file when it is done.")]
OutputFormat = Annotated[
    Format | None, typer.Option("--format", help="Of the output; told from its name unless given.")
]
Rows = Annotated[Status, typer.Option("--status", help="Which rows the output has.")]
BatchId = Annotated[str, typer.Argument(help="Id of the batch.")]
Mapped = Annotated[list[str] | None, typer.Option("--map", help='A header and its field: --map "E-Mail (work)=email"')]


def upload(
    context: typer.Context,
    *,
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, TSV, JSON, NDJSON, XLSX, or gzipped.")
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is processed.")] = False,
    output: Output = None,
    format: OutputFormat = None,
    status: Rows = Status.QUALIFIED,
    mapping: Mapped = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Id of the rule; the default one unless given.")] = None,
    require: Annotated[
        str | None, typer.Option("--require", help="What a lead has to meet: JSON, or @FILE with JSON; [] is no bar.")
    ] = None,
    max_credits: Annotated[int | None, typer.Option("--max-credits", min=0, help="Score so many at most.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show what is detected, and process nothing.")] = False,
    json: Json = False,
) -> None:
    """Send a file of leads and have it processed."""
    here = terminal(context)
    headers = read_mapping(mapping or ()) or None
    conditions = read_conditions(require)
    with here.client() as client:
        with sending(here.err, f"Sending {file.name}") as bar:
            sent = client.batches.upload(file, progress=bar.at)
        if preview:
            _show_preview(here, client.batches.preview(sent.upload_id, mapping=headers), json=json)
            return
        begun = client.batches.process(
            sent.upload_id, mapping=headers, rule_id=rule, require=conditions, max_credits=max_credits
        )
        if not (wait or output):
            here.note(f"{begun.batch_id} has begun: `winnow batches show {begun.batch_id}` says how far it is.")
            if json:
                here.dump(begun)
            return
        batch = waited(here, client, begun.batch_id)
        if output is not None:
            _save(here, client, batch.batch_id, output, format=format, status=status)
    if json:
        here.dump(batch)
    else:
        here.show(summary(batch))


@app.command("list")
def list_batches(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 20,
    json: Json = False,
) -> None:
    """List batches, the newest first."""
    here = terminal(context)
    with here.client() as client:
        found = islice(client.batches.list(), limit)
        if json:
            here.dump_all(found)
        else:
            here.show(batches_table(found))


@app.command()
def show(context: typer.Context, *, batch_id: BatchId, json: Json = False) -> None:
    """Show how far a batch is, and what became of its rows."""
    here = terminal(context)
    with here.client() as client:
        batch = client.batches.get(batch_id)
    if json:
        here.dump(batch)
    else:
        here.show(summary(batch))


@app.command()
def cancel(context: typer.Context, *, batch_id: BatchId) -> None:
    """Stop a batch; what was decided stays, and the rest can be retried."""
    here = terminal(context)
    with here.client() as client:
        client.batches.cancel(batch_id)
    here.note(f"{batch_id} is cancelled. `winnow batches retry {batch_id}` goes on with it.")


@app.command()
def retry(context: typer.Context, *, batch_id: BatchId, json: Json = False) -> None:
    """Try the failed rows of a batch again, and wait for the end."""
    here = terminal(context)
    with here.client() as client:
        client.batches.retry(batch_id)
        batch = waited(here, client, batch_id)
    if json:
        here.dump(batch)
    else:
        here.show(summary(batch))


@app.command()
def download(
    context: typer.Context,
    *,
    batch_id: BatchId,
    output: Output = None,
    format: OutputFormat = None,
    status: Rows = Status.QUALIFIED,
) -> None:
    """Write the rows of a batch to a file, or to stdout."""
    here = terminal(context)
    with here.client() as client:
        if output is not None:
            _save(here, client, batch_id, output, format=format, status=status)
            return
        stdout = typer.get_binary_stream("stdout")
        for piece in client.batches.rows(batch_id, format=(format or Format.CSV).value, status=status.value):
            stdout.write(piece)
        stdout.flush()


def waited(here: Terminal, client: Winnow, batch_id: str) -> Batch:
    """A batch when it has ended, with a line on stderr for each phase that is done."""
    told: set[str] = set()

    def tell(batch: Batch) -> None:
        for phase in batch.phases:
            if phase.total is not None and phase.done >= phase.total > 0 and phase.phase not in told:
                told.add(phase.phase)
                here.note(f"{phase.phase}: {phase.done:,} rows")

    try:
        return client.batches.wait(batch_id, progress=tell)
    except KeyboardInterrupt:
        here.note(f"It goes on by itself: `winnow batches show {batch_id}`, or `winnow batches cancel {batch_id}`.")
        raise typer.Exit(130) from None


def read_conditions(text: str | None) -> list[Mapping[str, Any]] | None:
    """The conditions in an option. Raises `typer.BadParameter` for what is no list of objects."""
    if text is None:
        return None
    try:
        found = jsonlib.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except (OSError, ValueError):
        found = None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise typer.BadParameter("--require is a JSON list of conditions, or @FILE with one.")
    return found


def summary(batch: Batch) -> RenderableType:
    """What became of a batch, by status and reason."""
    counts = batch.counts
    head = table("Rows", "Qualified", "Rejected", "Duplicate", "Failed", "Status", right=("Rows", "Qualified"))
    head.add_row(
        *(
            f"{number:,}"
            for number in (counts.rows, counts.qualified, counts.rejected, counts.duplicate, counts.failed)
        ),
        plain(batch.status),
    )
    parts: list[RenderableType] = [plain(f"{batch.batch_id}  {batch.filename}"), head]
    if batch.error is not None:
        parts.append(plain(f"{batch.error.code}: {batch.error.detail}", style="red"))
    if batch.reasons:
        reasons = table("Status", "Reason", "Rows", right=("Rows",))
        for reason in batch.reasons:
            reasons.add_row(plain(reason.status), plain(reason.code), f"{reason.rows:,}")
        parts.append(reasons)
    return Group(*parts)


def batches_table(batches: Iterable[BatchSummary]) -> RenderableType:
    """Batches, one a line."""
    made = table("Batch", "File", "Status", "Rows", "Qualified", "Begun", right=("Rows", "Qualified"))
    for batch in batches:
        made.add_row(
            plain(batch.batch_id),
            plain(batch.filename),
            plain(batch.status),
            f"{batch.counts.rows:,}",
            f"{batch.leads_qualified:,}",
            plain("" if batch.created_at is None else f"{batch.created_at:%Y-%m-%d %H:%M}"),
        )
    return made


def _show_preview(here: Terminal, found: Preview, *, json: bool) -> None:
    if json:
        here.dump(found)
        return
    columns = table("Column", "Field", "By")
    for column in found.columns:
        columns.add_row(plain(column.header), plain(column.field or "kept as it is"), plain(column.by))
    rows = table("Line", "Values")
    for row in found.rows:
        values = ", ".join(f"{name}={value}" for name, value in row.values.items())
        rows.add_row(str(row.line), plain(values if row.reason is None else row.reason.detail))
    facts = [found.format, found.encoding, found.compression, found.delimiter and f"delimiter {found.delimiter!r}"]
    here.show(Group(Text(", ".join(fact for fact in facts if fact)), columns, rows))


def _save(here: Terminal, client: Winnow, batch_id: str, path: Path, *, format: Format | None, status: Status) -> None:
    client.batches.save(batch_id, path, format=None if format is None else format.value, status=status.value)
    here.note(f"Written to {path}.")
