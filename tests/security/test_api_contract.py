"""The API against its own description: every check of schemathesis, over the whole document, with two tenants."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from winnow_local.running import RunningStack

from .conftest import Tenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

EXAMPLES = int(os.environ.get("WINNOW_CONTRACT_EXAMPLES", "5"))

AUTHENTICATION = """
auth:
  - name: first
    fixedHeaders:
      - name: Authorization
        value: Bearer {first}
  - name: second
    fixedHeaders:
      - name: Authorization
        value: Bearer {second}
"""

CONFIGURATION = """
[auth.wfc]
path = "authentication.yaml"
user = "first"
peers = ["first", "second"]

# A long value in the URL is refused as a header that is too large, before anybody looks at what it says.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "431"]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "408", "409", "413", "422"]
"""


def test_no_check_finds_anything_over_the_whole_document(
    open_stack: RunningStack, tenants: tuple[Tenant, Tenant], tmp_path: Path
) -> None:
    first, second = tenants
    (tmp_path / "authentication.yaml").write_text(AUTHENTICATION.format(first=first.key, second=second.key))
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    url = open_stack.endpoints.gateway

    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--no-color",
            "run",
            f"{url}/openapi.json",
            "--url",
            url,
            "--checks",
            "all",
            "--max-examples",
            str(EXAMPLES),
            "--seed",
            "20260504",
            "--request-timeout",
            "30",
            "--suppress-health-check",
            "all",
            "--warnings",
            "off",
            "--continue-on-failure",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout[-20_000:]
