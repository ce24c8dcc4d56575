"""All SQL of the gateway, one module for each noun."""
