-- migrate:up

-- A file that is to be taken in, and how far that is. One worker at a time holds the lease; checkpoint, counts, errors and
-- companies change in one transaction.
CREATE TABLE company_import (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    request_id uuid NOT NULL,
    object text NOT NULL,
    bytes_total bigint NOT NULL,
    content_type text NOT NULL,
    mapping text,
    status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    checkpoint text NOT NULL,
    bytes_read bigint NOT NULL DEFAULT 0,
    imported bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    failure_code text,
    failure_detail text,
    lease_holder text,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, import_id)
);

CREATE INDEX company_import_open ON company_import (tenant_id, import_id) WHERE status IN ('queued', 'running');

-- The first rows that did not go in: where they are, and why. No value of them.
CREATE TABLE company_import_error (
    tenant_id uuid NOT NULL,
    import_id uuid NOT NULL,
    place bigint NOT NULL,
    line bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (tenant_id, import_id, place)
);

-- When a tenant's imports last had a turn.
CREATE TABLE import_turn (
    tenant_id uuid PRIMARY KEY,
    served_at timestamptz NOT NULL
);

-- migrate:down
DROP TABLE import_turn;
DROP TABLE company_import_error;
DROP TABLE company_import;
