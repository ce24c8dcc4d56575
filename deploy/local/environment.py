"""Makes the virtual environment that everything else runs in: `python3 deploy/local/environment.py .venv local`.

The second argument names the requirements: `local` to run a stack, `dev` for tests and checks, `bench` for benches.
What is installed is written down in the environment itself, so the next call does nothing until a requirement file or
a member's metadata changes. Standard library only, since it runs before anything is installed; pip is enough.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("libs/contracts", "libs/common", "services/*", "clients/python", "deploy/local")
LEAST_PYTHON = (3, 11)
# Each holds all that the ones before it hold.
STAGES = ("local", "dev", "bench")


def main(environment: Path, stage: str) -> None:
    """Bring `environment` to `stage`; says what it does where that takes time."""
    if sys.version_info < LEAST_PYTHON:
        fail(
            f"Winnow needs Python 3.11 or later, and {sys.executable} is {sys.version.split()[0]}. Install one "
            "(on Debian 12 `apt-get install python3.11`) and name it: `make up PYTHON=python3.11`."
        )
    if any(stamp(environment, larger).exists() for larger in STAGES[STAGES.index(stage) :]):
        return
    with environment.with_name(f"{environment.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another `make` may be doing the same
        bring_to(environment, stage)


def bring_to(environment: Path, stage: str) -> None:
    """Make what is missing. An environment without uv is one whose making was interrupted."""
    python = environment / "bin" / "python"
    if not (environment / "bin" / "uv").exists():
        say(f"Making a Python environment in {environment.name}")
        make_environment(environment)
    say(f"Installing what requirements/{stage}.txt lists")
    install(python, "--require-hashes", "-r", str(ROOT / "requirements" / f"{stage}.txt"))
    editable = [part for member in members() for part in ("-e", str(member))]
    install(python, "--no-deps", "--no-build-isolation", *editable)
    # The script of the page at /docs, one package of npm's; the page works without it, so this may fail.
    if not run([str(python), "-m", "winnow_gateway.assets"], quiet=True):
        say("The reference page's script could not be fetched; /docs shows a plain list. `make setup` tries again")
    for old in environment.glob("installed-*"):
        old.unlink()
    stamp(environment, stage).touch()


def members() -> list[Path]:
    """The folders of the workspace's members, libraries first."""
    found = [folder for pattern in MEMBERS for folder in sorted(ROOT.glob(pattern))]
    return [folder for folder in found if (folder / "pyproject.toml").exists()]


def stamp(environment: Path, stage: str) -> Path:
    """The file whose presence says that `stage`, as the files describe it now, is installed."""
    digest = hashlib.sha256(sys.version.encode())
    for file in [ROOT / "requirements" / f"{stage}.txt", *(member / "pyproject.toml" for member in members())]:
        digest.update(file.read_bytes())
    return environment / f"installed-{stage}-{digest.hexdigest()[:16]}"


def make_environment(environment: Path) -> None:
    """By the standard library's venv; Debian leaves out the part that brings pip, so then by what else there is."""
    python = environment / "bin" / "python"
    if not has_module("ensurepip") and shutil.which("apt-get") and os.geteuid() == 0:
        say("Python's venv module is incomplete, as Debian delivers it: installing the package python3-venv")
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        run(["apt-get", "update", "-q"], quiet=True)
        run(["apt-get", "install", "-q", "-y", "--no-install-recommends", package], quiet=True)
        importlib.invalidate_caches()
    if has_module("ensurepip"):
        made = run([sys.executable, "-m", "venv", "--clear", str(environment)])
    elif has_module("pip"):
        made = run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(environment)]) and run(
            [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "pip"]
        )
    elif has_module("virtualenv"):
        made = run([sys.executable, "-m", "virtualenv", "-q", str(environment)])
    else:
        fail(
            "This Python can make no environments: Debian has the missing part in a package of its own. Install it "
            "with `sudo apt-get install python3-venv`, then run the same command again."
        )
    if not made:
        fail(f"{environment} could not be made; the lines above say why.")
    if not run([*pip(python), "install", "--require-hashes", "-r", requirements("installer")]):
        fail_unreachable()


def install(python: Path, *arguments: str) -> None:
    """By uv, which takes seconds where pip takes most of a minute; by pip where uv cannot."""
    index = os.environ.get("PIP_INDEX_URL")
    environment = {**os.environ, **({"UV_DEFAULT_INDEX": index} if index else {})}
    fast = [str(python.with_name("uv")), "pip", "install", "-q", "--python", str(python), *arguments]
    if run(fast, environment=environment, quiet=True):
        return
    say("uv could not; pip does it now, which takes a minute or two")
    if not run([*pip(python), "install", *arguments]):
        fail_unreachable()


def pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "-q", "--disable-pip-version-check", "--retries", "2"]


def requirements(name: str) -> str:
    return str(ROOT / "requirements" / f"{name}.txt")


def has_module(name: str) -> bool:
    """Whether the Python that runs this has a module."""
    return find_spec(name) is not None


def run(command: list[str], *, environment: dict[str, str] | None = None, quiet: bool = False) -> bool:
    """Whether the command succeeded."""
    output = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, env=environment, stdout=output, stderr=output, check=False).returncode == 0


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def fail_unreachable() -> NoReturn:
    fail(
        "The packages could not be installed; the lines above say why. If they name a connection, the package index "
        "cannot be reached: check the network (a proxy goes into HTTPS_PROXY, another index into PIP_INDEX_URL). If "
        "they say that no space is left, make room. Then run the same command again: what has arrived is kept."
    )


def fail(text: str) -> NoReturn:
    sys.exit(f"\nsetup: {text}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2])
