"""Which rows are the same person: blocking, comparison, Fellegi-Sunter weights, clusters, survivors; pure."""
