"""Where the real data is."""

import os
from pathlib import Path

DATA = Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))
