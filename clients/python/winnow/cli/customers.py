"""`winnow customers`: the companies that similarity is measured to, and the model that comes of them."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from winnow import CustomersAccepted, Winnow
from winnow.cli.importing import Format, ImportedFile, Mapping, imported, read_mapping
from winnow.cli.similarity_tables import customers_table, model_details
from winnow.cli.tables import import_summary
from winnow.cli.terminal import Json, Terminal, terminal

app = typer.Typer(help="The companies that others are compared to.", no_args_is_help=True)

Domains = Annotated[list[str], typer.Argument(help="Domains, with their weights where they have any: acme.com=12000")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the model knows them.")]


@app.command()
def put(context: typer.Context, *, customers: Domains, wait: Wait = False, json: Json = False) -> None:
    """Say that these are all customers there are."""
    here = terminal(context)
    weights = read_weights(customers)
    with here.client() as client:
        _tell(here, client, client.customers.put(weights), wait=wait, json=json)


@app.command()
def add(context: typer.Context, *, customers: Domains, wait: Wait = False, json: Json = False) -> None:
    """Say that these are customers too."""
    here = terminal(context)
    weights = read_weights(customers)
    with here.client() as client:
        _tell(here, client, client.customers.add(weights), wait=wait, json=json)


@app.command("list")
def list_customers(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """List customers by domain."""
    here = terminal(context)
    with here.client() as client:
        customers = islice(client.customers.list(), limit)
        if json:
            here.dump_all(customers)
        else:
            here.show(customers_table(customers))


@app.command()
def delete(
    context: typer.Context,
    *,
    domain: Annotated[str, typer.Argument(help="Domain of the customer.")],
    wait: Wait = False,
    json: Json = False,
) -> None:
    """Say that a company is no customer any more."""
    here = terminal(context)
    with here.client() as client:
        _tell(here, client, client.customers.delete(domain), wait=wait, json=json)


@app.command("import")
def import_file(
    context: typer.Context,
    *,
    file: ImportedFile,
    mapping: Mapping = None,
    format: Format = None,
    wait: Wait = False,
    json: Json = False,
) -> None:
    """Import a CSV, JSON or NDJSON file of customers: domains, or whole companies, with `weight` where known."""
    here = terminal(context)
    headers = read_mapping(mapping or ())
    with here.client() as client:
        status = imported(here, client.customers, file, mapping=headers, format=format)
        if wait and status.model_version is not None:
            _wait(here, client, status.model_version)
    if json:
        here.dump(status)
    else:
        here.show(import_summary(status))


@app.command()
def status(context: typer.Context, *, json: Json = False) -> None:
    """Show the model: what it was made of, and how much each factor counts."""
    here = terminal(context)
    with here.client() as client:
        model = client.similarity()
    if json:
        here.dump(model)
    else:
        here.show(model_details(model))


def read_weights(customers: list[str], /) -> dict[str, float]:
    """`["acme.com=12000", "example.com"]` as weights, which are 1 unless given."""
    weights: dict[str, float] = {}
    for customer in customers:
        domain, equals, weight = customer.rpartition("=")
        try:
            weights[domain if equals else customer] = float(weight) if equals else 1.0
        except ValueError:
            raise typer.BadParameter(f"The weight of {domain} is a number, {weight!r} is none.") from None
    return weights


def _tell(here: Terminal, client: Winnow, accepted: CustomersAccepted, *, wait: bool, json: bool) -> None:
    if wait:
        _wait(here, client, accepted.model_version)
    if json:
        here.dump(accepted)
        return
    known = "knows" if wait else "will know"
    here.say(f"There are {accepted.customers:,} customers. Version {accepted.model_version} of the model {known} them.")


def _wait(here: Terminal, client: Winnow, model_version: int) -> None:
    with here.err.status("Building the model"):
        client.customers.wait(model_version)
