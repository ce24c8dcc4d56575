"""`make demo`: the whole job on real companies, against the stack that runs, or one that is started for it."""

from winnow_local.demo.command import main

__all__ = ["main"]
