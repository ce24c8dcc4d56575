"""The `winnow` command line."""

from winnow.cli.app import main

__all__ = ["main"]
