-- migrate:up

-- Every score, with what it was computed from: the profile's version, the rule's version, the day and the code's version.
-- Ids begin with their time (UUIDv7), so a range of ids is a range of time: partitions are months.
CREATE TABLE score (
    tenant_id uuid NOT NULL,
    score_id uuid NOT NULL,
    request_id uuid NOT NULL,
    domain text NOT NULL,
    company_version bigint NOT NULL,
    data_as_of timestamptz NOT NULL,
    snapshot_hash bytea NOT NULL,
    rule_id text NOT NULL,
    rule_version bigint NOT NULL,
    rule_hash text NOT NULL,
    code_version text NOT NULL,
    evaluated_on date NOT NULL,
    livemode boolean NOT NULL,
    score bigint NOT NULL,
    tier text NOT NULL,
    result bytea NOT NULL,
    PRIMARY KEY (tenant_id, score_id)
) PARTITION BY RANGE (score_id);

CREATE INDEX score_of_domain ON score (tenant_id, domain, score_id);

-- Where a clock is far off, or the next month's partition was not made in time.
CREATE TABLE score_default PARTITION OF score DEFAULT;

-- migrate:down
DROP TABLE score;
