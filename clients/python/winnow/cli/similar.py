"""`winnow similar`: which customers a company looks like, how much, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from winnow.cli.similarity_tables import similarity_details
from winnow.cli.terminal import Json, terminal
from winnow.groups.similarity import CompanyIdentifiers


def similar(
    context: typer.Context,
    *,
    companies: Annotated[list[str], typer.Argument(help="Domains, e-mail addresses, LinkedIn pages or names.")],
    json: Json = False,
) -> None:
    """Say how much companies look like your customers, factor by factor."""
    here = terminal(context)
    scored = False
    with here.client() as client:
        for company in companies:
            # One by one: a company that was scored in the last minutes is answered at once, and costs nothing.
            answer = client.score_company(**told_apart(company))
            scored = scored or answer.score is not None
            if json:
                here.dump(answer)
            else:
                here.show(similarity_details(company, answer))
    if not scored:
        raise typer.Exit(1)


def told_apart(text: str, /) -> CompanyIdentifiers:
    """What kind of identifier `text` is, by its looks."""
    if "linkedin.com/" in text.lower():
        return {"linkedin_url": text}
    if "://" in text:
        return {"domain": text}
    if "@" in text:
        return {"email": text}
    if "." in text and " " not in text.strip():
        return {"domain": text}
    return {"company_name": text}
