"""Similarity, customers and explanations as tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.text import Text

from winnow import Counterfactual, Customer, ScoreSummary, SimilarityModel, SimilarityScore, StoredScore, Verification
from winnow.cli.tables import moment, plain, score_details, table, tier_text
from winnow.results import FactorLine, StoredSimilarity

GRADE_STYLES = {"A": "bold green", "B": "green", "C": "yellow", "D": "magenta", "F": "red"}

SHOWN_OF_A_LIST = 6
"""Elements of a company's technologies and the like, so that a factor stays a line or two."""


def grade_text(grade: str | None, /) -> Text:
    """A grade in its colour."""
    return plain(grade, style=GRADE_STYLES.get(grade or "", ""))


def similarity_details(asked: str, answer: SimilarityScore, /) -> RenderableType:
    """One score in full: a line per factor, whose contributions add up to it, and what it means in words."""
    heading = Text.assemble(plain(asked, style="bold"), "  ", _score(answer.score, style="bold"))
    if answer.grade is not None:
        heading = Text.assemble(heading, "  ", grade_text(answer.grade))
    parts: list[RenderableType] = [heading, plain(_standing(asked, answer), style="dim")]
    if answer.breakdown:
        parts.append(_factors(answer.breakdown))
    if answer.similar_customers:
        parts.append(_neighbours(answer))
    said = answer.explanation or (answer.reason.detail if answer.reason else "")
    if said:
        parts.append(plain(said))
    return Group(*parts)


def customers_table(customers: Iterable[Customer], /) -> RenderableType:
    """One line per customer, and whether anything is known of it."""
    made = table("Domain", "Name", "Weight", "Profile", "Since", right=["Weight"])
    for customer in customers:
        weight = f"{customer.weight:,.15g}"
        made.add_row(
            plain(customer.domain), plain(customer.name), weight, plain(customer.profile), moment(customer.created_at)
        )
    return made


def model_details(model: SimilarityModel, /) -> RenderableType:
    """The model in a few lines, and a line per factor with its weight."""
    version = "" if model.model_version is None else f"  version {model.model_version}"
    behind = model.wanted_version is not None and not model.knows(model.wanted_version)
    wanted = f", version {model.wanted_version} is being built" if behind else ""
    heading = Text.assemble(plain(model.status, style="bold"), Text(f"{version}{wanted}", style="dim"))
    parts: list[RenderableType] = [heading, _made_of(model)]
    if model.factors:
        made = table("Factor", "Weight", "Default", "Separation", "Known", right=list(_FIGURES))
        for factor in sorted(model.factors, key=lambda factor: -factor.weight):
            separation = "" if factor.separation is None else f"{factor.separation:.2f}"
            made.add_row(
                plain(_words(factor.factor)),
                f"{factor.weight:.3f}",
                f"{factor.default_weight:.3f}",
                separation,
                f"{factor.coverage:.0%}",
            )
        parts.append(made)
    return Group(*parts)


def summaries_table(scores: Iterable[ScoreSummary], /) -> RenderableType:
    """One line per score, with why it differs from the one before."""
    made = table("Id", "Domain", "Score", "", "By", "Scored", "Because", "Change", right=["Score", "Change"])
    for score in scores:
        by = "similarity" if score.kind == "similarity" else score.rule_id or "rule"
        version = score.model_version if score.kind == "similarity" else score.rule_version
        causes = ", ".join(map(_words, score.cause.codes)) if score.cause else ""
        change = score.cause.difference if score.cause else None
        made.add_row(
            plain(score.score_id),
            plain(score.domain),
            _score(score.score),
            tier_text(score.tier) if score.tier else grade_text(score.grade),
            plain(by if version is None else f"{by}, version {version}"),
            moment(score.scored_at),
            plain(causes),
            "" if change is None else f"{change:+g}",
        )
    return made


def stored_details(score: StoredScore | StoredSimilarity, /) -> RenderableType:
    """A stored score in full, and what reproduces it."""
    details = similarity_details(score.domain, score) if isinstance(score, StoredSimilarity) else score_details(score)
    line = f"scored {moment(score.scored_at)} by code {score.code_version} from snapshot {score.snapshot_hash}"
    return Group(details, plain(line, style="dim"))


def verification_line(verification: Verification, /) -> Text:
    """Whether a score came out again."""
    if verification.identical:
        return plain(f"{verification.score_id} came out again, byte for byte ({verification.computed_sha256}).")
    return plain(
        f"{verification.score_id} came out otherwise: {verification.stored_sha256} is stored, "
        f"{verification.computed_sha256} was computed.",
        style="red",
    )


def counterfactual_details(found: Counterfactual, /) -> RenderableType:
    """From where to where, and a line per attribute that would have to be otherwise."""
    heading = Text.assemble(_score(found.score, style="bold"), "  ", plain(found.present))
    if found.target is not None and found.new_score is not None:
        heading = Text.assemble(heading, Text(" → ", style="dim"), _score(found.new_score), "  ", plain(found.target))
    parts: list[RenderableType] = [heading]
    if found.changes:
        made = table("Attribute", "Present", "Needed", "Because")
        for change in found.changes:
            made.add_row(
                plain(change.attribute),
                plain(_value(change.present)),
                plain(_value(change.needed)),
                plain(change.because),
            )
        parts.append(made)
    if found.detail:
        parts.append(plain(found.detail))
    return Group(*parts)


_FIGURES = ("Weight", "Default", "Separation", "Known")


def _standing(asked: str, answer: SimilarityScore) -> str:
    """How high the score stands, how sure it is, and which company it is of, where that was not what was asked."""
    parts = []
    if answer.percentile is not None:
        among = f" of {answer.reference.size:,} ({answer.reference.name})" if answer.reference else ""
        parts.append(f"above {answer.percentile:.4g} %{among}")
    parts.append(f"confidence {answer.confidence.level} ({answer.confidence.value:.2f})")
    resolved = answer.resolved
    if resolved.domain is not None and resolved.domain != asked:
        parts.append(f"{resolved.domain}, by its {_words(resolved.matched_on or 'identifier')}")
    if resolved.candidates:
        parts.append(f"or {', '.join(resolved.candidates)}")
    return ", ".join(parts)


def _factors(lines: Iterable[FactorLine]) -> RenderableType:
    made = table(
        "Factor", "Points", "Similarity", "Weight", "Company", "Customers", right=["Points", "Similarity", "Weight"]
    )
    for line in lines:
        similarity = "unknown" if line.similarity is None or line.missing else f"{line.similarity:.2f}"
        made.add_row(
            plain(_words(line.factor)),
            f"{line.contribution:+.2f}",
            similarity,
            f"{line.weight:.2f}",
            plain(_value(line.company)),
            plain(_value(line.customers)),
        )
    return made


def _neighbours(answer: SimilarityScore) -> RenderableType:
    made = table("Customer", "Name", "Similarity", "Shared", right=["Similarity"])
    for customer in answer.similar_customers:
        shared = ", ".join(customer.shared_attributes)
        made.add_row(plain(customer.domain), plain(customer.name), f"{customer.similarity:.1f}", plain(shared))
    return made


def _made_of(model: SimilarityModel) -> Text:
    parts = [f"{model.customers:,} customers, {model.customers_known:,} with a profile"]
    if model.reference is not None:
        parts.append(f"compared to {model.reference.size:,} ({model.reference.name})")
    if model.quality is not None and model.quality.auc is not None:
        parts.append(f"AUC {model.quality.auc:.2f} on {model.quality.customers:,} customers left out")
    if model.built_at is not None:
        parts.append(f"built {moment(model.built_at)}")
    return plain("; ".join(parts), style="dim")


def _score(score: float | None, *, style: str = "") -> Text:
    return Text("no score" if score is None else f"{score:g}", style=style)


def _words(code: str) -> str:
    return code.replace("_", " ")


def _value(value: JsonValue) -> str:
    """What is known, in short: elements of a list, attributes of an object, or the value itself."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        more = len(value) - SHOWN_OF_A_LIST
        shown = ", ".join(map(_value, value[:SHOWN_OF_A_LIST]))
        return f"{shown} and {more} more" if more > 0 else shown
    if isinstance(value, dict):
        return "; ".join(f"{_words(name)} {_value(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value)
