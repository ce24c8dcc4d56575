"""The OpenAPI 3.1 document and the written reference, made from the route table and the models."""
