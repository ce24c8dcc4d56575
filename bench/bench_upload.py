"""Uploads of several sizes through the gateway: seconds, and the memory that the gateway and the pipeline gain by them.

python -m bench.bench_upload [--sizes 67108864 1073741824]
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests
from winnow_local.home import processes_of
from winnow_local.running import RunningStack, running_stack

_LINE = b"Ada,Lovelace,ada@example.com,Analytical Engines,met in London\n"
_PIECE = _LINE * 4_096


def content(size: int) -> Iterator[bytes]:
    """A file of leads of exactly so many bytes, made as it is sent."""
    head = b"First Name,Last Name,Email,Company,Note\n"
    yield head
    left = size - len(head)
    while left > 0:
        yield _PIECE[:left]
        left -= len(_PIECE)


def peaks(stack: RunningStack) -> dict[str, int]:
    """The most that each service's processes have held so far, in MB."""
    found: dict[str, int] = {}
    for process in processes_of(stack.home.folder):
        words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        service = next((word for word in words if word in {"winnow_gateway", "winnow_pipeline"}), None)
        if service is not None:
            status = Path(f"/proc/{process}/status").read_text()
            peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
            found[service] = max(found.get(service, 0), peak)
    return found


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2**20, 2**26, 2**30])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    with running_stack(folder / "stack", environment={"WINNOW_PIPELINE_DNS": "false"}) as stack:
        headers = {"Authorization": f"Bearer {stack.endpoints.api_key}", "Content-Type": "text/csv"}
        for size in options.sizes:
            began = time.perf_counter()
            url = f"{stack.endpoints.gateway}/api/upload?filename=large.csv"
            answer = requests.post(url, data=content(size), headers=headers, timeout=600)
            seconds = time.perf_counter() - began
            assert (answer.status_code, answer.json().get("size")) == (201, size), answer.text
            held = ", ".join(f"{service} {peak} MB" for service, peak in sorted(peaks(stack).items()))
            print(
                f"{size:>13,} bytes: {seconds:6.1f} s, {size / seconds / 2**20:4.0f} MB/s; at most {held}", flush=True
            )


if __name__ == "__main__":
    main()
