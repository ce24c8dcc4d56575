"""One module per noun: parse, call, return."""
