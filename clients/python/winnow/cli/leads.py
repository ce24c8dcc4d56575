"""`winnow leads`: rows of files, one by one."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from winnow.cli.batches import Rows, Status
from winnow.cli.tables import plain, table
from winnow.cli.terminal import Json, terminal
from winnow.results import LeadDetails

app = typer.Typer(help="The rows of files of leads.", no_args_is_help=True)

LeadId = Annotated[str, typer.Argument(help="Id of the lead.")]


@app.command("list")
def list_leads(
    context: typer.Context,
    *,
    batch: Annotated[str | None, typer.Option("--batch", help="Of this batch alone, in the order of its rows.")] = None,
    status: Rows = Status.ALL,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """List leads, the newest first."""
    here = terminal(context)
    with here.client() as client:
        found = islice(client.leads.list(batch_id=batch, status=status.value), limit)
        if json:
            here.dump_all(found)
            return
        made = table("Lead", "Status", "Score", "Name", "Title", "Company", "Reason", right=("Score",))
        for lead in found:
            made.add_row(
                plain(lead.lead_id),
                plain(lead.status.lower()),
                "" if lead.score is None else f"{lead.score:g}",
                plain(lead.contact.full_name),
                plain(lead.contact.title_normalized),
                plain(lead.account.name),
                plain("" if lead.reason is None else lead.reason.code),
            )
    here.show(made)


@app.command()
def show(context: typer.Context, *, lead_id: LeadId, json: Json = False) -> None:
    """Show a lead, where its values come from, and why it was taken for the same person as another."""
    here = terminal(context)
    with here.client() as client:
        lead = client.leads.get(lead_id)
    if json:
        here.dump(lead)
    else:
        here.show(details(lead))


@app.command()
def unmerge(context: typer.Context, *, lead_id: LeadId) -> None:
    """Say that a duplicate is none: both leads are made again, and kept apart."""
    here = terminal(context)
    with here.client() as client:
        apart = client.leads.unmerge(lead_id)
    here.note(f"Both are made again: `winnow batches show {apart.batch_id}` says when that is done.")


def details(lead: LeadDetails) -> RenderableType:
    """Everything of a lead."""
    facts = table("", "")
    contact, account = lead.contact, lead.account
    for name, value in (
        ("status", lead.status.lower()),
        ("reason", None if lead.reason is None else lead.reason.detail),
        ("score", lead.score),
        ("name", contact.full_name),
        ("title", contact.title_normalized),
        ("e-mail", contact.email and f"{contact.email} ({contact.email_status})"),
        ("phone", contact.phone and f"{contact.phone} ({contact.phone_status})"),
        ("company", account.name),
        ("domain", account.domain),
        ("duplicate of", lead.duplicate_of),
    ):
        if value is not None:
            facts.add_row(plain(name), plain(value))
    parts: list[RenderableType] = [plain(lead.lead_id), facts]
    for match in lead.matches:
        steps = table("Compared", "Found", "Weight", "Total", right=("Weight", "Total"))
        for step in match.steps:
            steps.add_row(plain(step.field), plain(step.level), f"{step.weight:+.1f}", f"{step.total:+.1f}")
        parts += [plain(f"With {match.with_lead}: {match.probability:.1%} the same person"), steps]
    return Group(*parts)
