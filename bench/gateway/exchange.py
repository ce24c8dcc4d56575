"""What is asked and answered in `bench_gateway`, by all servers alike."""

import json

from winnow_gateway.routes.similarity_examples import EXAMPLE_SIMILARITY

BODY = b'{"domain":"newstartup.com"}'

_OF_THE_REQUEST = ("resolved", "livemode", "request_id")

KEPT = json.dumps(
    {name: value for name, value in EXAMPLE_SIMILARITY.items() if name not in _OF_THE_REQUEST}, separators=(",", ":")
).encode()
"""What is kept of the answer in Valkey."""
