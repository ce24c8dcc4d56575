-- migrate:up

-- A file that arrived, sealed. Its name is a label of the tenant's: found by an HMAC, shown out of its seal.
CREATE TABLE upload (
    tenant_id uuid NOT NULL,
    upload_id uuid NOT NULL,
    request_id uuid NOT NULL,
    object text NOT NULL,
    size bigint NOT NULL,
    name text NOT NULL,
    name_digest text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, upload_id)
);

CREATE INDEX upload_by_name ON upload (tenant_id, name_digest, upload_id);

-- A file that is processed. What is counted per chunk stands in `chunk`, so that workers do not wait for each other here.
CREATE TABLE batch (
    tenant_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    request_id uuid NOT NULL,
    upload_id uuid NOT NULL,
    options text NOT NULL,
    livemode boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    stage text NOT NULL CHECK (stage IN ('prepare', 'dedup', 'score', 'close', 'over')),
    plan text,
    detected bytea,
    match_model text,
    checkpoint text,
    bytes_read bigint NOT NULL DEFAULT 0,
    ingested boolean NOT NULL DEFAULT false,
    rows bigint NOT NULL DEFAULT 0,
    credits_left bigint,
    cancelled_at timestamptz,
    failure_code text,
    failure_detail text,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, batch_id)
);

CREATE INDEX batch_not_matched ON batch (tenant_id, batch_id) WHERE stage IN ('prepare', 'dedup');
CREATE INDEX batch_finished ON batch (finished_at) WHERE finished_at IS NOT NULL;

-- About a thousand rows of a batch, and how far they are. Objects are sealed, and deleted when the batch is over. A chunk of
-- rework holds rows that were decided before: its counts are what changed, so that those of all chunks add up.
CREATE TABLE chunk (
    tenant_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    number integer NOT NULL,
    phase text NOT NULL CHECK (phase IN ('ingested', 'prepared', 'matched', 'scoring', 'done')),
    rework boolean NOT NULL DEFAULT false,
    rows integer NOT NULL,
    raw_object text NOT NULL,
    prepared_object text,
    asked_object text,
    scored_object text,
    failure text,
    granted integer,
    confidences bytea,
    attempt integer NOT NULL DEFAULT 0,
    qualified integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    duplicate integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    credits integer NOT NULL DEFAULT 0,
    lookups integer NOT NULL DEFAULT 0,
    lookup_hits integer NOT NULL DEFAULT 0,
    multi_source integer NOT NULL DEFAULT 0,
    confidence double precision NOT NULL DEFAULT 0,
    reasons text,
    PRIMARY KEY (tenant_id, batch_id, number)
);

CREATE INDEX chunk_in_scoring ON chunk (tenant_id) WHERE phase = 'scoring';

-- Work that waits for a worker, or is in the hands of one until the lease runs out. A row goes when its work is done.
CREATE TABLE task (
    tenant_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ingest', 'prepare', 'dedup', 'dedup_large', 'score', 'finish', 'close', 'render', 'rework')),
    number integer NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    lease_holder text,
    leased_until timestamptz,
    PRIMARY KEY (tenant_id, batch_id, kind, number)
);

-- When a tenant's work last had a turn.
CREATE TABLE task_turn (
    tenant_id uuid PRIMARY KEY,
    served_at timestamptz NOT NULL
);

-- The work of a tenant that compares and joins leads at the moment; the rest of that tenant's waits.
CREATE TABLE dedup_turn (
    tenant_id uuid PRIMARY KEY,
    batch_id uuid NOT NULL,
    number integer NOT NULL,
    since timestamptz NOT NULL
);

-- A file of results that somebody asked for.
CREATE TABLE render (
    tenant_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    number integer NOT NULL,
    object text,
    rows bigint,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, batch_id, number)
);

-- migrate:down
DROP TABLE render;
DROP TABLE dedup_turn;
DROP TABLE task_turn;
DROP TABLE task;
DROP TABLE chunk;
DROP TABLE batch;
DROP TABLE upload;
