"""Similarity: how much a company looks like the tenant's customers, and like which of them.

A company is named by whatever the caller has. What is personal in that (an e-mail address, somebody's LinkedIn page)
stays in the gateway: `Identifiers` is what goes on the log.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from winnow_contracts.topic import Kind, MessageType

MAXIMUM_ITEMS = 100
"""Companies of one batch."""

IdentifierName = Literal["domain", "email", "linkedin_url", "company_name"]
"""As callers name them."""

UnusableBecause = Literal[
    "not_a_domain",
    "not_an_email_address",
    "free_mail",
    "not_a_linkedin_page",
    "personal_page",
    "personal_data",
    "blank",
]

CERTAINTY: Final[Mapping[IdentifierName, float]] = MappingProxyType(
    {"domain": 1.0, "email": 0.95, "linkedin_url": 0.8, "company_name": 0.9}
)
"""The confidence with which an identifier names its company, at most; from the most exact to the least."""

_Text = Annotated[str, StringConstraints(max_length=2048)]


class CompanyIdentifiers(BaseModel):
    """A company by at least one identifier; where several are given, the most exact one that is usable counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Annotated[_Text | None, Field(description="The most exact.", examples=["newstartup.com"])] = None
    email: Annotated[
        _Text | None, Field(description="Only its domain is used, and nothing else kept.", examples=["ada@acme.com"])
    ] = None
    linkedin_url: Annotated[
        _Text | None,
        Field(
            description="A company's page. A person's names no company, and is not kept.",
            examples=["https://www.linkedin.com/company/acme"],
        ),
    ] = None
    company_name: Annotated[_Text | None, Field(description="The least exact.", examples=["Acme Inc."])] = None

    @model_validator(mode="after")
    def _names_something(self) -> "CompanyIdentifiers":
        if self.domain is None and self.email is None and self.linkedin_url is None and self.company_name is None:
            raise ValueError("give a domain, email, linkedin_url or company_name")
        return self


class CompaniesToScore(BaseModel):
    """Up to 100 companies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Annotated[list[CompanyIdentifiers], Field(min_length=1, max_length=MAXIMUM_ITEMS)]


class UnusableIdentifier(BaseModel):
    """An identifier that names no company, and why; never what it was."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identifier: IdentifierName
    reason: UnusableBecause


class Identifiers(BaseModel):
    """What of a company's identifiers may be published: hosts, names of companies' pages, names of companies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str | None = None
    """A host, as it was written."""
    email_domain: str | None = None
    """The host of an e-mail address."""
    linkedin_company: str | None = None
    """The last part of a company's page: `acme` of linkedin.com/company/acme."""
    company_name: str | None = None
    unusable: list[UnusableIdentifier] = []


class ScoreCompany(BaseModel):
    """Say how much a company looks like the tenant's customers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    company: Identifiers


class ScoreCompanies(BaseModel):
    """The same of up to 100 companies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    companies: Annotated[list[Identifiers], Field(min_length=1, max_length=MAXIMUM_ITEMS)]


class GetSimilarity(BaseModel):
    """The tenant's model: what it was made of, and how much each factor counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Factor = Literal[
    "company_size", "industry", "tech_stack", "funding", "growth_signals", "location", "age", "focus", "description"
]
Grade = Literal["A", "B", "C", "D", "F"]


class Resolved(BaseModel):
    """Which company the identifiers were taken to name."""

    domain: str | None
    matched_on: IdentifierName | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    candidates: Annotated[
        list[str], Field(description="Other companies that the name fits as well; there where it is ambiguous.")
    ] = []
    disagreement: Annotated[
        list[IdentifierName], Field(description="Identifiers that name another company; they did not count.")
    ] = []


class FactorLine(BaseModel):
    """What one factor contributed; the contributions of all lines add up to the score."""

    factor: Factor
    similarity: Annotated[float | None, Field(description="To the nearest customers, 0 to 1; null: not known.")]
    weight: Annotated[float, Field(description="The factor's share in the model; all of them add up to 1.")]
    contribution: Annotated[float, Field(description="Points of the score.")]
    company: Annotated[JsonValue, Field(description="What is known of the company.")]
    customers: Annotated[JsonValue, Field(description="What is known of the nearest customers.")]
    missing: bool
    """Whether the factor could not be compared; it then counts as that of an average company."""


class SimilarCustomer(BaseModel):
    """One of the nearest customers."""

    domain: str
    name: str | None
    similarity: Annotated[float, Field(description="0 to 100.")]
    shared_attributes: Annotated[list[str], Field(examples=[["Industry: Fintech", "Uses Stripe"]])]


class Confidence(BaseModel):
    """How much the score can be relied on."""

    level: Literal["high", "medium", "low", "none"]
    value: Annotated[float, Field(ge=0, le=1)]


class Reference(BaseModel):
    """The companies that a percentile is a rank among."""

    name: Literal["your companies", "directory", "your companies and directory", "baseline"]
    size: int


class Reason(BaseModel):
    """Why there is no score."""

    code: Literal["no_customers", "model_building", "company_unknown", "no_company_named"]
    detail: str


class SimilarityAnswer(BaseModel):
    """How much a company looks like the tenant's customers, with the whole explanation."""

    score: Annotated[float | None, Field(ge=0, le=100, description="Null where nothing is known; see `reason`.")]
    percentile: Annotated[float | None, Field(description="The share of the reference population that scores less.")]
    grade: Annotated[Grade | None, Field(description="By percentile: A from 90, B from 75, C from 50, D from 25.")]
    similar_customers: list[SimilarCustomer]
    breakdown: list[FactorLine]
    explanation: str
    confidence: Confidence
    data_as_of: datetime | None
    resolved: Resolved
    missing: Annotated[
        list[str], Field(description="Attributes that are not known, and identifiers that were of no use.")
    ]
    reason: Reason | None
    reference: Reference | None
    model_version: int | None
    score_id: str | None
    livemode: bool
    request_id: UUID


SimilarityBatchAnswer = list[SimilarityAnswer]
"""One entry for each item, in the order of the request."""


class ModelFactor(BaseModel):
    """A factor of the model."""

    factor: Factor
    weight: float
    default_weight: float
    separation: Annotated[
        float | None,
        Field(
            description="The chance that a customer is more similar to other customers in it than a company of the "
            "reference population is; .5 says nothing, null could not be measured."
        ),
    ]
    coverage: Annotated[float, Field(description="The share of customers for which it is known.")]


class ModelQuality(BaseModel):
    """How well the model tells customers from the reference population."""

    auc: float | None
    """By customers left out one at a time."""
    customers: int
    """That this was measured on."""


class SimilarityStatus(BaseModel):
    """The tenant's model."""

    status: Literal["none", "building", "ready"]
    model_version: int | None
    wanted_version: int | None
    """The version that knows all changes; equal to `model_version` once it is built."""
    customers: int
    customers_known: int
    """That the model was made of: those with a profile."""
    factors: list[ModelFactor]
    reference: Reference | None
    quality: ModelQuality | None
    built_at: datetime | None
    build_seconds: float | None
    code_version: str | None


class SimilarityComputed(BaseModel):
    """A company was compared to the tenant's customers."""

    score_id: str
    request_id: UUID
    domain: str
    model_version: int
    company_version: int
    """Of the profile that was scored."""
    code_version: str
    score: float
    percentile: float
    grade: Grade
    confidence: Confidence
    missing: list[str]
    computed_at: datetime
    livemode: bool
    cause: Literal["request", "profile_arrived"]
    """`profile_arrived`: the profile came after the request had been answered without it."""
    answer: Annotated[
        dict[str, Any], Field(description="The whole answer, without what names the request or what the caller sent.")
    ]


class ModelPublished(BaseModel):
    """From now on similarity is measured by this version of the tenant's model; the sequence is the version."""

    model_version: int
    customers: int
    reference: Reference
    code_version: str
    built_at: datetime


SCORE = MessageType("similarity.score", ScoreCompany, Kind.COMMAND)
SCORE_BATCH = MessageType("similarity.score_batch", ScoreCompanies, Kind.COMMAND)
GET = MessageType("similarity.get", GetSimilarity, Kind.READ)
COMPUTED = MessageType("similarity.computed", SimilarityComputed, Kind.FACT)
PUBLISHED = MessageType("model.published", ModelPublished, Kind.FACT)
