"""All SQL of the pipeline, one module per noun."""
