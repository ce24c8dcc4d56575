-- migrate:up

-- What others say of a company, beside what the tenant says: a row whose deleted_at is set may have it too, since then only
-- the tenant says nothing. Both kinds of changes count the version up.
ALTER TABLE company
    ADD COLUMN enriched text,
    ADD COLUMN enriched_source text,
    ADD COLUMN enriched_at timestamptz,
    -- When it was last looked for, whatever came of it.
    ADD COLUMN sought_at timestamptz;

-- The companies that others are compared to.
CREATE TABLE customer (
    tenant_id uuid NOT NULL,
    domain text NOT NULL,
    weight double precision NOT NULL CHECK (weight > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, domain)
);

-- One row for each tenant that has had customers. The revision counts the changes of customers and of their profiles, under
-- this row's lock; a model is as good as the revision that it was built at, which is its version. One worker at a time holds
-- the lease to build.
CREATE TABLE similarity (
    tenant_id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    model_version bigint,
    model_summary text,
    built_at timestamptz,
    build_seconds double precision,
    -- When its reference population was last compared to the companies that there are now.
    compared_at timestamptz,
    lease_holder text,
    leased_until timestamptz
);
CREATE INDEX similarity_stale ON similarity (changed_at) WHERE model_version IS NULL OR model_version < revision;

-- Models that were in use, for the scores that were computed by them, until their objects expire.
CREATE TABLE similarity_model (
    tenant_id uuid NOT NULL,
    model_version bigint NOT NULL,
    object text NOT NULL,
    code_version text NOT NULL,
    built_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, model_version)
);

-- Every profile that a similarity score was computed from, once.
CREATE TABLE snapshot (
    tenant_id uuid NOT NULL,
    snapshot_hash bytea NOT NULL,
    attributes text NOT NULL,
    PRIMARY KEY (tenant_id, snapshot_hash)
);

-- Every similarity score, with what it was computed from. Ids begin with their time: partitions are months.
CREATE TABLE similarity_score (
    tenant_id uuid NOT NULL,
    score_id uuid NOT NULL,
    request_id uuid NOT NULL,
    domain text NOT NULL,
    company_version bigint NOT NULL,
    data_as_of timestamptz NOT NULL,
    snapshot_hash bytea NOT NULL,
    model_version bigint NOT NULL,
    code_version text NOT NULL,
    evaluated_on date NOT NULL,
    livemode boolean NOT NULL,
    score double precision NOT NULL,
    grade text NOT NULL,
    result bytea NOT NULL,
    PRIMARY KEY (tenant_id, score_id)
) PARTITION BY RANGE (score_id);
CREATE INDEX similarity_score_of_domain ON similarity_score (tenant_id, domain, score_id);
CREATE INDEX similarity_score_of_model ON similarity_score (tenant_id, model_version);
CREATE TABLE similarity_score_default PARTITION OF similarity_score DEFAULT;

-- Requests that wait for profiles, as they came, and when they are answered all the same.
CREATE TABLE waiting (
    tenant_id uuid NOT NULL,
    request_id uuid NOT NULL,
    type text NOT NULL,
    data bytea NOT NULL,
    envelope text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX waiting_due_at ON waiting (due_at);

-- What each of them waits for. A row without its request stays when that was answered without the profile, and says that the
-- score is published when it comes.
CREATE TABLE waiting_for (
    tenant_id uuid NOT NULL,
    domain text NOT NULL,
    request_id uuid NOT NULL,
    answered boolean NOT NULL DEFAULT false,
    livemode boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, domain, request_id)
);
CREATE INDEX waiting_for_request ON waiting_for (tenant_id, request_id);
CREATE INDEX waiting_for_answered ON waiting_for (tenant_id, domain) WHERE answered;

-- Companies that the operator has loaded, for all tenants.
CREATE TABLE directory_company (
    domain text PRIMARY KEY,
    attributes text NOT NULL,
    terms bigint[] NOT NULL,
    loaded_at timestamptz NOT NULL
);
CREATE INDEX directory_company_terms ON directory_company USING gin (terms) WITH (gin_pending_list_limit = 256);

-- Every search reads the whole list of what is not in the index proper yet: at 4 MB, the default, that took ten times as
-- long as the search for a name (5 ms of 5.5).
ALTER INDEX company_terms SET (gin_pending_list_limit = 256);

ALTER TABLE company_import ADD COLUMN kind text NOT NULL DEFAULT 'companies' CHECK (kind IN ('companies', 'customers'));
ALTER TABLE company_import ADD COLUMN model_version bigint;

-- migrate:down
ALTER INDEX company_terms RESET (gin_pending_list_limit);
ALTER TABLE company_import DROP COLUMN model_version, DROP COLUMN kind;
DROP TABLE directory_company;
DROP TABLE waiting_for;
DROP TABLE waiting;
DROP TABLE similarity_score;
DROP TABLE snapshot;
DROP TABLE similarity_model;
DROP TABLE similarity;
DROP TABLE customer;
ALTER TABLE company DROP COLUMN sought_at, DROP COLUMN enriched_at, DROP COLUMN enriched_source, DROP COLUMN enriched;
