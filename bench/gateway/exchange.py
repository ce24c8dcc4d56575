"""What is asked and answered in `bench_gateway`, by both servers alike."""

import json

BODY = b'{"domain":"newstartup.com","rule_id":"sr_abc123"}'

ANSWER = json.dumps(
    {
        "domain": "newstartup.com",
        "rule_id": "sr_abc123",
        "rule_name": "ICP Score",
        "score": 85,
        "tier": "hot",
        "breakdown": [
            {"condition": "Industry is Technology", "matched": True, "points": 25},
            {"condition": "Country is US", "matched": True, "points": 15},
            {"condition": "Uses Stripe", "matched": True, "points": 30},
            {"condition": "Has email", "matched": True, "points": 10},
            {"condition": "Confidence > 0.85", "matched": True, "points": 5},
            {"condition": "Uses WordPress", "matched": False, "points": 0},
        ],
    },
    separators=(",", ":"),
).encode()
