"""A client that was written against the scoring API's document works by changing base URL and key."""

import subprocess
from pathlib import Path

import orjson
import pytest
import requests
from winnow_local.running import RunningStack

from .samples import CURL, NODE, PYTHON, RUBY, Sample, command, documented_answer

pytestmark = pytest.mark.stack

COMPANY = {"industry": "Technology", "country": "US", "technologies": ["Stripe"], "email": True, "confidence": 0.9}
RULE = {
    "name": "ICP Score",
    "conditions": [
        {"attribute": "industry", "operator": "is", "value": "Technology", "points": 25},
        {"attribute": "country", "operator": "is", "value": "US", "points": 15},
        {"attribute": "technologies", "operator": "uses", "value": "Stripe", "points": 30},
        {"attribute": "email", "operator": "has", "points": 10},
        {"attribute": "confidence", "operator": ">", "value": 0.85, "points": 5},
        {"attribute": "technologies", "operator": "uses", "value": "WordPress", "points": 15},
    ],
    "publish": True,
}


@pytest.fixture(scope="module")
def example(stack: RunningStack) -> RunningStack:
    """A stack with a company and a rule like those of the document's example."""
    headers = {"Authorization": f"Bearer {stack.endpoints.api_key}"}
    for path, body in (("/v1/companies/newstartup.com", COMPANY), ("/v1/rules/sr_abc123", RULE)):
        answer = requests.put(stack.endpoints.gateway + path, json=body, headers=headers, timeout=30)
        assert answer.status_code == 201, answer.text
    return stack


def printed(sample: Sample, stack: RunningStack, folder: Path) -> str:
    """What a sample prints, with base URL and key changed and nothing else."""
    program = folder / f"sample.{sample.language}"
    program.write_text(sample.text(url=stack.endpoints.gateway, key=stack.endpoints.api_key))
    result = subprocess.run([*command(sample), str(program)], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_curl_sample_prints_the_documented_answer(example: RunningStack, tmp_path: Path) -> None:
    answer = orjson.loads(printed(CURL, example, tmp_path))

    expected = documented_answer()
    assert {name: answer[name] for name in expected} == expected
    assert list(answer)[: len(expected)] == list(expected)
    assert (answer["score"], answer["tier"], len(answer["breakdown"])) == (85, "hot", 6)


@pytest.mark.parametrize("sample", [PYTHON, NODE, RUBY], ids=["Python", "Node.js", "Ruby"])
def test_the_other_samples_print_its_score_and_tier(sample: Sample, example: RunningStack, tmp_path: Path) -> None:
    assert printed(sample, example, tmp_path) == "Score: 85 (hot)\n"
