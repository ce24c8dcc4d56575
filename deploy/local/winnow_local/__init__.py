"""Winnow on one machine: PostgreSQL, Valkey, Kafka and every service under one supervisor.

`python -m winnow_local up` is what `make up` runs; `winnow_local.servers.Servers` gives tests and benches the three
servers without the services.
"""
