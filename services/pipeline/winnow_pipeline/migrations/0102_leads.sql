-- migrate:up

-- What became of a row. Nothing of a person: names and addresses are in the vault, and `account` is sealed under the
-- lead's own key, since free text of a company may name somebody. Ids begin with the time of their batch and follow the
-- order of its rows, so a batch is a range of them; a partition is a month.
CREATE TABLE lead (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    batch_id uuid NOT NULL,
    line bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('qualified', 'rejected', 'duplicate', 'failed')),
    reason_code text,
    reason_detail text,
    duplicate_of uuid,
    dedup_confidence real,
    email_status text NOT NULL,
    phone_status text NOT NULL,
    domain text,
    score real,
    rule_score integer,
    tier text,
    similarity real,
    percentile real,
    grade text,
    cache_hit boolean,
    sources smallint NOT NULL DEFAULT 1,
    account bytea,
    again smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, lead_id)
) PARTITION BY RANGE (lead_id);

CREATE INDEX lead_duplicate_of ON lead (tenant_id, duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX lead_again ON lead (tenant_id, lead_id) WHERE again = 1;

CREATE TABLE lead_default PARTITION OF lead DEFAULT;

-- Under which a lead is found again by later batches, and by whoever asks what is stored of a person: HMACs under the
-- tenant's key, the first 64 bits of them.
CREATE TABLE match_key (
    tenant_id uuid NOT NULL,
    key bigint NOT NULL,
    lead_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, key, lead_id)
);

CREATE INDEX match_key_of_lead ON match_key (tenant_id, lead_id);

-- A row that is the same person as another one, which stands for both: written by dedup before anything is scored, so that
-- later batches find the survivor.
CREATE TABLE duplicate_link (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    survivor_id uuid NOT NULL,
    linked_by uuid NOT NULL,
    confidence real NOT NULL,
    PRIMARY KEY (tenant_id, lead_id)
);

CREATE INDEX duplicate_link_survivor ON duplicate_link (tenant_id, survivor_id, lead_id);

-- Two leads that were said to be two people. `lead_id` is the smaller one.
CREATE TABLE cannot_link (
    tenant_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    other_id uuid NOT NULL,
    said_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, lead_id, other_id)
);

CREATE INDEX cannot_link_other ON cannot_link (tenant_id, other_id);

-- migrate:down
DROP TABLE cannot_link;
DROP TABLE duplicate_link;
DROP TABLE match_key;
DROP TABLE lead;
