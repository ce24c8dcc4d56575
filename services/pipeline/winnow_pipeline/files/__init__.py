"""Files of any make as rows of named fields; pure, without I/O but what a source gives."""
