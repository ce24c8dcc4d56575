"""Reading files of companies: bytes in, rows out, without I/O and in bounded memory, from any row on."""
