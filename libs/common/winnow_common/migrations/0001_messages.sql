-- migrate:up

-- What has been handled, and what was answered. Partitioned by the UTC day that the message carries, so that purging is
-- dropping a partition; the key begins with tenant and day, so that inserts stay at the right edge of the index even
-- though ids derived from a caller's key are random.
CREATE TABLE inbox (
    tenant_id uuid NOT NULL,
    day date NOT NULL,
    message_id uuid NOT NULL,
    fingerprint text,
    status smallint,
    reply bytea,
    handled_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, day, message_id)
) PARTITION BY RANGE (day);

-- A clock that is far off still finds a place.
CREATE TABLE inbox_default PARTITION OF inbox DEFAULT;

-- Facts on their way to the log, packed: a row holds what one transaction said in one shard. Rows leave in id order per
-- shard, and are deleted once the broker has their facts.
CREATE TABLE outbox (
    shard smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    facts smallint NOT NULL,
    packed bytea NOT NULL,
    PRIMARY KEY (shard, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Messages that can never be handled, for the operator. The message itself is sealed, since nobody knows what is in it.
CREATE TABLE dead_letters (
    tenant_id uuid NOT NULL,
    dead_letter_id uuid NOT NULL,
    topic text NOT NULL,
    log_partition integer NOT NULL,
    log_offset bigint NOT NULL,
    type text,
    reason text NOT NULL,
    sealed bytea NOT NULL,
    failed_at timestamptz NOT NULL,
    replayed_at timestamptz,
    PRIMARY KEY (tenant_id, dead_letter_id)
);

-- migrate:down
DROP TABLE dead_letters;
DROP TABLE outbox;
DROP TABLE inbox;
