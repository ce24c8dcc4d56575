"""`winnow rules`: scoring rules and their versions."""

from __future__ import annotations

from typing import Annotated

import typer

from winnow import Rule
from winnow.cli.documents import File, read_object
from winnow.cli.tables import findings_table, rule_line, rules_table, versions_table
from winnow.cli.terminal import Json, Terminal, as_json, terminal

app = typer.Typer(help="Scoring rules and their versions.", no_args_is_help=True)

RuleId = Annotated[str, typer.Argument(help="Id of the rule, `sr_…`.")]
Publish = Annotated[bool, typer.Option("--publish", help="Score with it from now on.")]
Version = Annotated[int | None, typer.Option("--version", help="Which version.")]


@app.command("list")
def list_rules(context: typer.Context, *, json: Json = False) -> None:
    """List the rules."""
    here = terminal(context)
    with here.client() as client:
        if json:
            here.dump_all(client.rules.list())
        else:
            here.show(rules_table(client.rules.list()))


@app.command()
def show(context: typer.Context, *, rule: RuleId, version: Version = None, json: Json = False) -> None:
    """Show a rule with one of its versions; the newest unless said otherwise."""
    here = terminal(context)
    with here.client() as client:
        found = client.rules.get(rule, version=version)
    if json:
        here.dump(found)
        return
    here.show(rule_line(found))
    here.out.print_json(as_json(dict(found.definition)))


@app.command()
def create(context: typer.Context, *, file: File, publish: Publish = False, json: Json = False) -> None:
    """Save a new rule from a JSON file."""
    here = terminal(context)
    definition = read_object(file)
    with here.client() as client:
        _saved(here, client.rules.create(definition, publish=publish), json=json)


@app.command()
def put(context: typer.Context, *, rule: RuleId, file: File, publish: Publish = False, json: Json = False) -> None:
    """Create the rule of this id, or add a version to it."""
    here = terminal(context)
    definition = read_object(file)
    with here.client() as client:
        _saved(here, client.rules.put(rule, definition, publish=publish), json=json)


@app.command()
def publish(context: typer.Context, *, rule: RuleId, version: Version = None, json: Json = False) -> None:
    """Score with a version from now on; the newest unless said otherwise."""
    here = terminal(context)
    with here.client() as client:
        _saved(here, client.rules.publish(rule, version=version), json=json)


@app.command()
def rollback(context: typer.Context, *, rule: RuleId, version: Version = None, json: Json = False) -> None:
    """Go back to the version that was published before, or to a named one."""
    here = terminal(context)
    with here.client() as client:
        _saved(here, client.rules.rollback(rule, version=version), json=json)


@app.command()
def versions(context: typer.Context, *, rule: RuleId, json: Json = False) -> None:
    """List the versions of a rule."""
    here = terminal(context)
    with here.client() as client:
        if json:
            here.dump_all(client.rules.versions(rule))
        else:
            here.show(versions_table(client.rules.versions(rule)))


@app.command()
def lint(context: typer.Context, *, rule: RuleId, version: Version = None, json: Json = False) -> None:
    """Say what is odd about a rule; about its newest version unless said otherwise."""
    here = terminal(context)
    with here.client() as client:
        findings = client.rules.lint(rule, version=version)
    if json:
        here.dump_all(findings)
    elif findings:
        here.show(findings_table(findings))
    else:
        here.say("Nothing to remark.")


@app.command()
def delete(context: typer.Context, *, rule: RuleId) -> None:
    """Delete a rule with its versions."""
    here = terminal(context)
    with here.client() as client:
        client.rules.delete(rule)
    here.note(f"{rule} is deleted.")


def _saved(here: Terminal, rule: Rule, *, json: bool) -> None:
    if json:
        here.dump(rule)
        return
    here.show(rule_line(rule))
    if rule.lint:
        here.show(findings_table(rule.lint))
