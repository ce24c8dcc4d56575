"""The lead pipeline from end to end: files of synthetic leads, and the naive loop it is measured beside."""
