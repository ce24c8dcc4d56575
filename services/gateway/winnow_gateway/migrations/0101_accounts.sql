-- migrate:up

-- Who may use the API. The e-mail address is personal: sealed, and found by its keyed hash.
CREATE TABLE account (
    tenant_id uuid PRIMARY KEY,
    email_hash bytea NOT NULL UNIQUE,
    email_sealed bytea NOT NULL,
    company_sealed bytea,
    password_hash text NOT NULL,
    plan text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Keys are found by their hash before the tenant is known, which is why that index does not begin with it.
CREATE TABLE api_key (
    tenant_id uuid NOT NULL REFERENCES account,
    key_id uuid NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    hint text NOT NULL,
    name text NOT NULL,
    environment text NOT NULL CHECK (environment IN ('production', 'staging', 'development')),
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    replaced_by uuid,
    last_used_at timestamptz,
    PRIMARY KEY (tenant_id, key_id)
);

CREATE TABLE session (
    tenant_id uuid NOT NULL REFERENCES account,
    session_id uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, session_id)
);

-- migrate:down
DROP TABLE session;
DROP TABLE api_key;
DROP TABLE account;
