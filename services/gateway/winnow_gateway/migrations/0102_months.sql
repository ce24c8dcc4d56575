-- migrate:up

-- Records scored in a tenant's present window of 30 days, which began with its first call. Updated in place, several times
-- a second for a busy tenant, so pages keep room for that.
CREATE TABLE month (
    tenant_id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    used bigint NOT NULL CHECK (used >= 0)
) WITH (fillfactor = 50);

-- What each request counted, so that its repetition counts nothing and a refusal gives it back.
CREATE TABLE reservation (
    tenant_id uuid NOT NULL,
    request_id uuid NOT NULL,
    records bigint NOT NULL,
    month_started_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX reservation_created_at ON reservation USING brin (created_at);

-- migrate:down
DROP TABLE reservation;
DROP TABLE month;
