"""The route table: every path of the API, in one place per noun."""
