"""How much of a file is held, and what is no longer taken for a list of leads.

Memory follows from these alone, never from the size of a file: one record, one sample or one batch at a time.
"""

from typing import Final

MIB: Final = 1024 * 1024

PIECE: Final = 64 * 1024
"""Bytes that are read, unpacked and cut at a time."""

SAMPLE: Final = MIB
"""Bytes that a file is judged by; more only where they are too few for a header and a row."""

LARGEST_RECORD: Final = 8 * MIB
"""Bytes. Cells of 1 MiB and rows of 10,000 cells are read; beyond it a quote that is never closed is likelier."""

BATCH_BYTES: Final = 8 * MIB
"""Bytes of the file after which a batch ends, however few rows it has."""

MOST_COLUMNS: Final = 16_384
"""As many as the widest sheet of Excel has."""

PACKED_RATIO: Final = 200
"""Lists of leads pack to a fifth or a tenth; gzip reaches 1,032 on nothing but zeros."""

RATIO_COUNTS_FROM: Final = 16 * MIB
"""Unpacked bytes below which no ratio does harm: small files of a few equal rows pack well, too."""

MOST_UNPACKED: Final = 4096 * MIB
"""Bytes that a packed file may unpack to: four times the largest upload."""

LARGEST_WORKBOOK: Final = 64 * MIB
"""Bytes. Workbooks cannot be read from their beginning on; they are held whole."""

WORKBOOK_MEMORY: Final = 1536 * MIB
"""Of the process that opens a workbook, address space in bytes: about a million rows of ten cells fit."""

WORKBOOK_SECONDS: Final = 120
"""Of processor time that opening and reading a workbook may take."""
