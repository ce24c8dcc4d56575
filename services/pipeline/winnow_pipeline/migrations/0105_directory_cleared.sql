-- migrate:up

-- When the directory was last emptied: what was loaded up to then may be told of later, and is not taken in any more.
CREATE TABLE directory_cleared (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cleared_at timestamptz NOT NULL
);

-- migrate:down
DROP TABLE directory_cleared;
