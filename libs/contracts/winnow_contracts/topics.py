"""Every topic there is, with who writes it, who reads it and what is on it."""

from winnow_contracts import (
    customers,
    enrichment,
    explained,
    imports,
    profiles,
    replies,
    rulebook,
    scores,
    similarity,
    usage,
)
from winnow_contracts.topic import Topic

SCORING_REQUESTS = Topic(
    name="scoring.requests.v1",
    key="tenant and subject",
    publishers=("gateway",),
    consumers=("scoring",),
    messages=(
        scores.SCORE,
        scores.SCORE_BATCH,
        scores.LIST,
        scores.GET,
        scores.VERIFY,
        explained.COUNTERFACTUAL,
        similarity.SCORE,
        similarity.SCORE_BATCH,
        similarity.GET,
        customers.PUT,
        customers.ADD,
        customers.DELETE,
        customers.LIST,
        customers.IMPORT,
        profiles.PUT,
        profiles.DELETE,
        profiles.GET,
        profiles.LIST,
        imports.IMPORT,
        imports.GET,
        imports.LIST,
        rulebook.CREATE,
        rulebook.PUT,
        rulebook.DELETE,
        rulebook.PUBLISH,
        rulebook.ROLLBACK,
        rulebook.GET,
        rulebook.LIST,
        rulebook.VERSIONS,
        rulebook.LINT,
        replies.GET_REQUEST,
    ),
)

COMPANIES = Topic(
    name="companies.v1",
    key="tenant and domain",
    publishers=("scoring",),
    consumers=("scoring", "subscribers"),
    messages=(profiles.UPDATED, profiles.ENRICHED, profiles.DELETED),
    compacted=True,
)

SCORES = Topic(
    name="scoring.scores.v1",
    key="tenant and subject",
    publishers=("scoring",),
    consumers=("scoring", "subscribers"),
    messages=(scores.COMPUTED, similarity.COMPUTED),
)

VERSIONS = Topic(
    name="scoring.versions.v1",
    key="tenant and what has the versions",
    publishers=("scoring",),
    consumers=("scoring", "subscribers"),
    messages=(rulebook.PUBLISHED, rulebook.DELETED, similarity.PUBLISHED),
    compacted=True,
)

ENRICHMENT_REQUESTS = Topic(
    name="enrichment.requests.v1",
    key="tenant and domain",
    publishers=("scoring",),
    consumers=("scoring",),
    messages=(enrichment.REQUESTED,),
)

ENRICHMENT_RESULTS = Topic(
    name="enrichment.results.v1",
    key="tenant and domain",
    publishers=("scoring",),
    consumers=("scoring",),
    messages=(enrichment.COMPLETED,),
)

USAGE = Topic(
    name="usage.recorded.v1",
    key="tenant",
    publishers=("scoring",),
    consumers=("subscribers",),
    messages=(usage.RECORDED,),
)

REPLIES = Topic(
    name="gateway.replies.v1",
    key="none: sent to the partition that the request names",
    publishers=("scoring",),
    consumers=("gateway",),
    messages=(replies.REPLY,),
    retention_ms=10 * 60 * 1000,
)

TOPICS = (
    SCORING_REQUESTS,
    COMPANIES,
    SCORES,
    VERSIONS,
    ENRICHMENT_REQUESTS,
    ENRICHMENT_RESULTS,
    USAGE,
    REPLIES,
)
