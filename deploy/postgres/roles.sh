#!/bin/sh
# Runs once, when the database is made: a role and a schema for each service, none of which may see another's.
# Passwords come from <SERVICE>_PASSWORD.
set -eu

make_role() {
    psql --no-psqlrc -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
        -v role="$1" -v password="$2" -v database="$POSTGRES_DB" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
ALTER ROLE :"role" IN DATABASE :"database" SET search_path = :"role";
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"role";
CREATE SCHEMA :"role" AUTHORIZATION :"role";
SQL
}

# Keys of the vault lie in a schema of their own, so that they can be backed up, and forgotten, by themselves.
make_schema_of_keys() {
    psql --no-psqlrc -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v role="$1" <<'SQL'
CREATE SCHEMA pipeline_keys AUTHORIZATION :"role";
SQL
}

psql --no-psqlrc -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v database="$POSTGRES_DB" <<'SQL'
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
make_role gateway "$GATEWAY_PASSWORD"
make_role scoring "$SCORING_PASSWORD"
make_role pipeline "$PIPELINE_PASSWORD"
make_schema_of_keys pipeline
