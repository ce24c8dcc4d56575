"""Limits on requests: policies, the windows they are counted in, and leases that spare a hot key the round trips."""
