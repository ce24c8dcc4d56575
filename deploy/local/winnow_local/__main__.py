"""`python -m winnow_local up|demo|warm|jars|lock`: what the Makefile runs."""

import sys

from winnow_local.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
