"""Answers that are known already: where they are looked for, and how one becomes the answer to a call."""
