-- migrate:up

-- What a tenant knows of a company. Attributes are canonical JSON as text: jsonb writes numbers its own way, and scores are
-- reproduced byte for byte from this. A company that was deleted stays as an empty row, so that its version never starts again.
CREATE TABLE company (
    tenant_id uuid NOT NULL,
    domain text NOT NULL,
    version bigint NOT NULL,
    attributes text NOT NULL,
    sources text NOT NULL,
    terms bigint[] NOT NULL,
    employees bigint,
    search text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, domain)
);

-- An element of terms is a hash of tenant, attribute and value (profiles.py), so the index holds the tenant too.
CREATE INDEX company_terms ON company USING gin (terms) WHERE deleted_at IS NULL;
CREATE INDEX company_employees ON company (tenant_id, employees) WHERE deleted_at IS NULL AND employees IS NOT NULL;

-- Every version of every profile, each once, for the scores that were computed from it.
CREATE TABLE company_version (
    tenant_id uuid NOT NULL,
    domain text NOT NULL,
    version bigint NOT NULL,
    attributes text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, domain, version)
);

-- migrate:down
DROP TABLE company_version;
DROP TABLE company;
