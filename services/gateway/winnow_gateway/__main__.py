"""`python -m winnow_gateway [serve|migrate|bootstrap|openapi|assets|dlq]`."""

import sys

from winnow_gateway.commands import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
