"""What others know of a company: sources behind one interface, with limits."""
