"""`winnow companies`: what is known about companies, one by one and as files."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.attributes import read_attributes
from winnow.cli.directory import load_directory
from winnow.cli.importing import Format, ImportedFile, Mapping, imported, read_mapping
from winnow.cli.tables import companies_table, company_details, import_summary
from winnow.cli.terminal import Json, terminal
from winnow.saving import file_beside

app = typer.Typer(help="What is known about companies.", no_args_is_help=True)
app.command("load-directory")(load_directory)

Domain = Annotated[str, typer.Argument(help="Domain of the company.")]


class ExportFormat(StrEnum):
    """Formats that export writes."""

    CSV = "csv"
    NDJSON = "ndjson"


@app.command()
def put(
    context: typer.Context,
    *,
    domain: Domain,
    attributes: Annotated[
        list[str] | None,
        typer.Argument(help="attribute=value, lists separated by ';': technologies='Stripe;React'"),
    ] = None,
    json: Json = False,
) -> None:
    """Say what is known about a company; it replaces what you said before."""
    here = terminal(context)
    given = read_attributes(attributes or ())
    with here.client() as client:
        company = client.companies.put(domain, **given)
    if json:
        here.dump(company)
    else:
        here.show(company_details(company))


@app.command()
def get(context: typer.Context, *, domain: Domain, json: Json = False) -> None:
    """Show what is known about a company."""
    here = terminal(context)
    with here.client() as client:
        company = client.companies.get(domain)
    if json:
        here.dump(company)
    else:
        here.show(company_details(company))


@app.command()
def delete(context: typer.Context, *, domain: Domain) -> None:
    """Forget a company."""
    here = terminal(context)
    with here.client() as client:
        client.companies.delete(domain)
    here.note(f"{domain} is deleted.")


@app.command("list")
def list_companies(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """List companies; `export` gives all of them."""
    here = terminal(context)
    with here.client() as client:
        companies = islice(client.companies.list(), limit)
        if json:
            here.dump_all(companies)
        else:
            here.show(companies_table(companies))


@app.command("import")
def import_file(
    context: typer.Context,
    *,
    file: ImportedFile,
    mapping: Mapping = None,
    format: Format = None,
    json: Json = False,
) -> None:
    """Import a CSV, JSON or NDJSON file, and wait until it is done."""
    here = terminal(context)
    headers = read_mapping(mapping or ())
    with here.client() as client:
        status = imported(here, client.companies, file, mapping=headers, format=format)
    if json:
        here.dump(status)
    else:
        here.show(import_summary(status))


@app.command()
def export(
    context: typer.Context,
    *,
    format: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.NDJSON,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; otherwise stdout.")] = None,
) -> None:
    """Write all companies as one file that import reads."""
    here = terminal(context)
    with here.client() as client:
        pieces = client.companies.export(format=format.value)
        if output is None:
            _to_stdout(pieces)
        else:
            with file_beside(output) as file:
                file.writelines(pieces)
            here.note(f"Written to {output}.")


def _to_stdout(pieces: Iterable[bytes]) -> None:
    stdout = typer.get_binary_stream("stdout")
    for piece in pieces:
        stdout.write(piece)
    stdout.flush()
