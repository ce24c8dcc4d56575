-- migrate:up

-- The contents of the vault: what a row says of a person, sealed under a key of its own that is kept elsewhere.
CREATE TABLE vault (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, lead_id)
) PARTITION BY RANGE (lead_id);

CREATE TABLE vault_default PARTITION OF vault DEFAULT;

-- The keys, in a schema of their own, with back-ups of their own: whoever deletes a key has erased what is under it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'pipeline_keys') THEN
        CREATE SCHEMA pipeline_keys;
    END IF;
END $$;

CREATE TABLE pipeline_keys.lead_key (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    version smallint NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (tenant_id, lead_id)
) PARTITION BY RANGE (lead_id);

CREATE TABLE pipeline_keys.lead_key_default PARTITION OF pipeline_keys.lead_key DEFAULT;

-- A tenant's own keys, wrapped by the master key. `wrap` keys wrap those of leads; `pseudonym` keys are kept for ever, since
-- tombstones are made with them.
CREATE TABLE pipeline_keys.tenant_key (
    tenant_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('wrap', 'pseudonym')),
    version smallint NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, purpose, version)
);

-- A person who was erased, as a pseudonym: whoever has it is not taken in again.
CREATE TABLE tombstone (
    tenant_id uuid NOT NULL,
    pseudonym bytea NOT NULL,
    version smallint NOT NULL,
    erased_at timestamptz NOT NULL,
    receipt_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, pseudonym)
);

-- What was said of erasures, for ever.
CREATE TABLE erasure (
    tenant_id uuid NOT NULL,
    receipt_id uuid NOT NULL,
    receipt text NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, receipt_id)
);

-- migrate:down
DROP TABLE erasure;
DROP TABLE tombstone;
DROP TABLE pipeline_keys.tenant_key;
DROP TABLE pipeline_keys.lead_key;
DROP TABLE vault;
DROP SCHEMA pipeline_keys;
