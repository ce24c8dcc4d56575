"""The headers that stand on every answer: ids, limits, credits."""

import re
import time
from typing import Final

from winnow_gateway.call import Call
from winnow_gateway.limits.policies import rate_limit_headers
from winnow_gateway.months import Months

LABEL: Final = "X-Request-Id"
"""What the caller calls its request; sent back as it came."""
REQUEST_ID: Final = "Winnow-Request-Id"
"""What Winnow calls it."""
_LABEL_SHAPE: Final = re.compile(r"[!-~]{1,128}")


def answer_headers(months: Months, call: Call) -> dict[str, str]:
    """What stands on the answer to a call, whatever the answer is."""
    headers = call.headers
    headers[REQUEST_ID] = str(call.identity.id)
    label = call.request.headers.get(LABEL)
    if label is not None and _LABEL_SHAPE.fullmatch(label):
        headers[LABEL] = label
    principal = call.principal
    if principal is not None:
        month, standings = months.standing(principal, now=call.now), call.standings
        if principal.policies.shows_records:
            standings = (*standings, month)
        headers |= rate_limit_headers(principal.policies.header, standings, now=time.time())
        if call.route is not None and call.route.costs:
            headers["X-Credits-Charged"] = str(call.charged)
            headers["X-Credits-Remaining"] = str(month.left)
    return headers
