"""Whose ranking finds companies of the customers' kind: the rows, the methods, and the picture of `bench_quality`."""
