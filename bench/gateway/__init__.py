"""The processes of `bench_gateway`."""
