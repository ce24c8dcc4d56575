"""The one way in: accounts, keys, limits and the HTTP API."""
