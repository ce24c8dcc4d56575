"""Every topic there is, with who writes it, who reads it and what is on it."""

from winnow_contracts import (
    batches,
    bulk,
    customers,
    directory,
    enrichment,
    explained,
    imports,
    leads,
    privacy,
    profiles,
    replies,
    rulebook,
    scores,
    similarity,
    uploads,
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

SCORING_BULK = Topic(
    name="scoring.bulk.v1",
    key="tenant and chunk",
    publishers=("pipeline",),
    consumers=("scoring",),
    messages=(bulk.PLAN, bulk.SCORE),
)

PIPELINE_REQUESTS = Topic(
    name="pipeline.requests.v1",
    key="tenant",
    publishers=("gateway",),
    consumers=("pipeline",),
    messages=(
        uploads.ADD,
        uploads.PREVIEW,
        batches.PROCESS,
        batches.GET,
        batches.LIST,
        batches.CANCEL,
        batches.RETRY,
        batches.DOWNLOAD,
        leads.GET,
        leads.LIST,
        leads.UNMERGE,
        privacy.ERASE,
        privacy.EXPORT,
        replies.GET_REQUEST,
    ),
)

PIPELINE_BATCHES = Topic(
    name="pipeline.batches.v1",
    key="tenant and batch",
    publishers=("pipeline",),
    consumers=("subscribers",),
    messages=(batches.STARTED, batches.PROGRESSED, batches.ENDED),
)

PIPELINE_LEADS = Topic(
    name="pipeline.leads.v1",
    key="tenant and lead",
    publishers=("pipeline",),
    consumers=("subscribers",),
    messages=(batches.DECIDED,),
)

DIRECTORY = Topic(
    name="directory.v1",
    key="domain",
    publishers=("scoring",),
    consumers=("pipeline", "subscribers"),
    messages=(directory.LISTED, directory.CLEARED),
    compacted=True,
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
    consumers=("scoring", "pipeline", "subscribers"),
    messages=(scores.COMPUTED, similarity.COMPUTED, bulk.PLANNED, bulk.SCORED),
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
    consumers=("pipeline",),
    messages=(enrichment.REQUESTED,),
)

ENRICHMENT_RESULTS = Topic(
    name="enrichment.results.v1",
    key="tenant and domain",
    publishers=("pipeline",),
    consumers=("scoring",),
    messages=(enrichment.COMPLETED,),
)

USAGE = Topic(
    name="usage.recorded.v1",
    key="tenant",
    publishers=("scoring", "pipeline"),
    consumers=("subscribers",),
    messages=(usage.RECORDED,),
)

REPLIES = Topic(
    name="gateway.replies.v1",
    key="none: sent to the partition that the request names",
    publishers=("scoring", "pipeline"),
    consumers=("gateway",),
    messages=(replies.REPLY,),
    retention_ms=10 * 60 * 1000,
)

TOPICS = (
    SCORING_REQUESTS,
    SCORING_BULK,
    PIPELINE_REQUESTS,
    PIPELINE_BATCHES,
    PIPELINE_LEADS,
    DIRECTORY,
    COMPANIES,
    SCORES,
    VERSIONS,
    ENRICHMENT_REQUESTS,
    ENRICHMENT_RESULTS,
    USAGE,
    REPLIES,
)
