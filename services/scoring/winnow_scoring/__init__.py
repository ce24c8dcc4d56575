"""Company profiles, rules and scores."""
