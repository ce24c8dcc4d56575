"""The plumbing that Winnow's services share: the log, requests and replies, PostgreSQL, HTTP, sealed objects, observability."""
