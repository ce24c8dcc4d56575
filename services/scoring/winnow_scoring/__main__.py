"""`python -m winnow_scoring [serve|imports|models|keeper|bulk|migrate|directory|dlq]`."""

import sys

from winnow_scoring.commands import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
