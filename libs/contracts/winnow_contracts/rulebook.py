"""The tenant's rules: kept in versions, of which the published one scores."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, StringConstraints

from winnow_contracts.pages import PageRequest
from winnow_contracts.topic import Kind, MessageType

RuleId = Annotated[
    str,
    StringConstraints(pattern=r"^sr_[A-Za-z0-9_-]{1,61}$"),
    Field(description="`sr_` and up to 61 letters, digits, `-` or `_`.", examples=["sr_abc123"]),
]

RuleVersion = Annotated[int, Field(ge=1, le=2_147_483_647, description="A version of the rule, counted from 1.")]

Definition = Annotated[
    dict[str, JsonValue],
    Field(
        description="The rule itself, as in `winnow_contracts.rules`; the scoring service says what is wrong with it."
    ),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CreateRule(_Request):
    """Make a rule, under an id of the caller's choice or one made for it."""

    id: RuleId | None = None
    definition: Definition
    publish: StrictBool = False


class PutRule(_Request):
    """Make a rule under this id, or add a version to it; the same definition again adds none."""

    id: RuleId
    definition: Definition
    publish: StrictBool = False


class DeleteRule(_Request):
    """Take a rule away. Scores that it gave stay, and can still be verified."""

    id: str


class PublishRule(_Request):
    """Score by this version from now on; by the newest where none is named."""

    id: str
    version: RuleVersion | None = None


class RollbackRule(_Request):
    """Score by an earlier version again; by the one published before where none is named."""

    id: str
    version: RuleVersion | None = None


class GetRule(_Request):
    """A rule with the definition of one version; of the newest where none is named."""

    id: str
    version: RuleVersion | None = None


class ListRules(PageRequest):
    """The tenant's rules by id, the starter rule among them while there is no other."""


class ListRuleVersions(PageRequest):
    """All versions of a rule, newest first."""

    id: str


class LintRule(_Request):
    """What is odd about a version of a rule; about the newest where none is named."""

    id: str
    version: RuleVersion | None = None


VersionStatus = Literal["draft", "published", "superseded"]


class Finding(BaseModel):
    """Something that lint found: a warning, never a refusal."""

    code: str
    pointer: str
    detail: str


class RuleAnswer(BaseModel):
    """A rule and one of its versions."""

    id: str
    name: str
    default: bool
    """Whether requests that name no rule are scored by this one."""
    version: int
    status: VersionStatus
    published_version: int | None
    latest_version: int
    definition: dict[str, JsonValue]
    hash: str
    lint: list[Finding]
    created_at: datetime | None
    """Of the version; null for the starter rule, which nobody made."""


class RuleSummary(BaseModel):
    """A rule in a list."""

    id: str
    name: str
    default: bool
    published_version: int | None
    latest_version: int
    updated_at: datetime | None


class VersionSummary(BaseModel):
    """A version in a list."""

    version: int
    status: VersionStatus
    name: str
    hash: str
    created_at: datetime | None
    published_at: datetime | None


class LintAnswer(BaseModel):
    """What lint found in a version of a rule."""

    id: str
    version: int
    lint: list[Finding]


class RulePublished(BaseModel):
    """From now on this version scores. The sequence counts what was published or deleted by the tenant."""

    rule_id: str
    rule_version: int
    rule_hash: str
    default_rule_id: str
    """By which requests are scored that name no rule."""


class RuleDeleted(BaseModel):
    """The rule scores no more."""

    rule_id: str
    default_rule_id: str


CREATE = MessageType("rules.create", CreateRule, Kind.COMMAND)
PUT = MessageType("rules.put", PutRule, Kind.COMMAND)
DELETE = MessageType("rules.delete", DeleteRule, Kind.COMMAND)
PUBLISH = MessageType("rules.publish", PublishRule, Kind.COMMAND)
ROLLBACK = MessageType("rules.rollback", RollbackRule, Kind.COMMAND)
GET = MessageType("rules.get", GetRule, Kind.READ)
LIST = MessageType("rules.list", ListRules, Kind.READ)
VERSIONS = MessageType("rules.versions", ListRuleVersions, Kind.READ)
LINT = MessageType("rules.lint", LintRule, Kind.READ)
PUBLISHED = MessageType("rule.published", RulePublished, Kind.FACT)
DELETED = MessageType("rule.deleted", RuleDeleted, Kind.FACT)
