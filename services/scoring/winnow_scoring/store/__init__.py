"""All of the service's SQL, a module for each noun. Callers hold the transaction."""
