"""What is done with a chunk, a module for each phase; the worker calls them and stores what they return."""
