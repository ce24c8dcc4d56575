"""`winnow score prospects.csv`: every row of a file by similarity, in requests that run beside each other.

Answers are noted in a journal as they arrive, so that a run that ended early goes on where it stopped. The output is
written at the end, beside its place, and renamed.
"""
