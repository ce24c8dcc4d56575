"""What the service does with each type of message: parse, call, return; a module for each noun."""
