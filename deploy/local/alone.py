"""Proves that a service needs nothing but its own requirements: `alone.py gateway`.

Installs requirements/<service>.txt, and only that, into an environment that is thrown away, and imports every module of
the service, of `winnow_common` and of `winnow_contracts` there. Another service must not be importable.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
modules = 0
for package in sys.argv[1:]:
    found = importlib.import_module(package)
    for each in pkgutil.walk_packages(found.__path__, package + "."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
        modules += 1
print(f"{sys.argv[-1]}: {modules} modules imported with its own requirements alone")
"""


def main(service: str) -> int:
    """Returns the exit status of the imports."""
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory(prefix="winnow-alone-") as folder:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
        python = Path(folder) / "bin" / "python"
        requirements = ROOT / "requirements" / f"{service}.txt"
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", requirements], check=True
        )
        sources = [ROOT / "libs" / "contracts", ROOT / "libs" / "common", ROOT / "services" / service]
        packages = ["winnow_contracts", "winnow_common", f"winnow_{service}"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources))}
        done = subprocess.run([python, "-c", IMPORT_EVERYTHING, *packages], env=environment, check=False)
        return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
