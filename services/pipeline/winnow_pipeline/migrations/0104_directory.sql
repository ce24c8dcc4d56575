-- migrate:up

-- The companies that the operator has loaded, as scoring told of them: the first source of enrichment.
CREATE TABLE listed_company (
    domain text PRIMARY KEY,
    attributes text NOT NULL,
    loaded_at timestamptz NOT NULL
);

-- migrate:down
DROP TABLE listed_company;
