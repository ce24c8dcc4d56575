"""Every operation of the API, once, for both clients."""
