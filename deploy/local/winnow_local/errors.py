"""The one exception that the person at the terminal is meant to read."""


class StackError(Exception):
    """What failed and what to do about it, in sentences; shown without a traceback, exit status 1."""
