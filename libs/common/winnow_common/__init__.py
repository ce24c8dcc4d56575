"""The plumbing that services share: the log, requests and replies, PostgreSQL, HTTP, sealed objects, observability."""
