"""Similarity answers in Redis: the facts that fill it and empty it, and the scripts that do so in any order."""
