-- migrate:up

-- One row for each tenant that has published or deleted a rule: counts those events, and names the default rule.
-- Its lock orders them.
CREATE TABLE rulebook (
    tenant_id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    default_rule_id text
);

-- Revisions are the rulebook's, at which the rule was published last, and first since it was made.
CREATE TABLE rule (
    tenant_id uuid NOT NULL,
    rule_id text NOT NULL,
    latest_version bigint NOT NULL,
    published_version bigint,
    published_revision bigint,
    first_published_revision bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, rule_id)
);

-- Versions stay when their rule is deleted, for the scores that were computed by them. The definition is as it was sent.
CREATE TABLE rule_version (
    tenant_id uuid NOT NULL,
    rule_id text NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    hash text NOT NULL,
    wants_default boolean NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (tenant_id, rule_id, version)
);

-- migrate:down
DROP TABLE rule_version;
DROP TABLE rule;
DROP TABLE rulebook;
