"""`python -m winnow_pipeline [serve|chunks|migrate|master-keys|dlq]`."""

import sys

from winnow_pipeline.commands import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
