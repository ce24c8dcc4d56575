"""What a row says of a person and a company, normalized and judged; pure, but for the modules that ask the network."""
