"""The database of a stack: one, with a role and a schema for each service, none of which may see another's."""

from urllib.parse import quote, urlsplit, urlunsplit

from winnow_local.postgres import run_sql

DATABASE = "winnow"

_MORE_SCHEMAS = {"pipeline": ("pipeline_keys",)}
"""What a role owns beside the schema of its name."""


def role_urls(server_url: str, *, roles: dict[str, str]) -> dict[str, str]:
    """How each role reaches the database; `roles` maps names to passwords."""
    return {role: _with(server_url, database=DATABASE, role=role, password=roles[role]) for role in roles}


def prepare_database(server_url: str, *, roles: dict[str, str]) -> dict[str, str]:
    """Make what is missing and set the passwords; returns `role_urls`.

    `server_url` is of a role that may create databases and roles.
    """
    exists = run_sql(server_url, statements="SELECT datname FROM pg_database")
    if DATABASE not in exists.split():
        run_sql(server_url, statements=f"CREATE DATABASE {DATABASE}", in_transaction=False)
    database_url = _with(server_url, database=DATABASE)
    statements = [f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC", "REVOKE ALL ON SCHEMA public FROM PUBLIC"]
    for role, password in roles.items():
        statements += _role_statements(role, password=password)
    run_sql(database_url, statements=";\n".join(statements))
    return role_urls(server_url, roles=roles)


def _role_statements(role: str, *, password: str) -> list[str]:
    """Role and schema of one service. Both come from this package, so they are quoted by being identifiers."""
    literal = password.replace("'", "''")
    schemas = (role, *_MORE_SCHEMAS.get(role, ()))
    return [
        f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"ALTER ROLE {role} LOGIN PASSWORD '{literal}'",
        f"ALTER ROLE {role} IN DATABASE {DATABASE} SET search_path = {role}",
        f"GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE} TO {role}",
        f"GRANT {role} TO CURRENT_USER",  # an administrator who is no superuser may give away a schema only then
        *(f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in schemas),
        *(f"ALTER SCHEMA {schema} OWNER TO {role}" for schema in schemas),
    ]


def _with(url: str, *, database: str, role: str | None = None, password: str | None = None) -> str:
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    credentials = parts.netloc.rpartition("@")[0]
    if role is not None:
        credentials = f"{role}:{quote(password or '', safe='')}"
    return urlunsplit(
        parts._replace(netloc=f"{credentials}@{address}" if credentials else address, path=f"/{database}")
    )
