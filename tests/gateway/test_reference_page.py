"""The reference page: works without anything from elsewhere, and without its script."""

import base64
import gzip
import hashlib
import io
import tarfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from winnow_gateway import assets
from winnow_gateway.assets import AssetUnavailable
from winnow_gateway.reference_page import reference_page, render_documents
from winnow_gateway.routes.table import TABLE

from .conftest import Api

SCRIPT = b"window.Scalar = {}"


class Page(HTMLParser):
    """What a page loads, and the text in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.text = ""
        self.inline = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given:
            self.inline += 1
        if tag in ("script", "link", "img"):
            self.loads.append(given.get("src") or given.get("href") or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if the script had been fetched."""
    script = tmp_path / "scalar.js.gz"
    script.write_bytes(gzip.compress(SCRIPT))
    monkeypatch.setattr(assets, "SCRIPT", script)
    return script


@pytest.fixture
def missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if it had not."""
    monkeypatch.setattr(assets, "SCRIPT", tmp_path / "nothing.js.gz")
    return tmp_path / "nothing.js.gz"


def test_without_its_script_the_page_lists_every_call_and_says_how_to_get_more(missing: Path) -> None:
    page = Page(render_documents(TABLE, public_url="").page.body.decode())

    assert "make setup" in page.text
    assert [route.path for route in TABLE if not route.hidden and route.path not in page.text] == []
    assert "scalar" not in "".join(page.loads)


def test_with_its_script_the_page_loads_it_from_here_and_runs_nothing_inline(fetched: Path) -> None:
    page = Page(render_documents(TABLE, public_url="").page.body.decode())

    assert page.loads == ["data:,", "/docs/page.css", "/docs/scalar.js", "/docs/start.js"]
    assert (page.inline, "make setup" in page.text) == (0, False)


async def test_the_page_may_load_nothing_from_elsewhere(anonymous: Api) -> None:
    answer = await anonymous.get("/docs")

    policy = answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy


async def test_every_file_of_the_page_is_there(fetched: Path, anonymous: Api) -> None:
    files = {name: await anonymous.get(f"/docs/{name}") for name in ("page.css", "start.js", "scalar.js")}

    assert {name: answer.status for name, answer in files.items()} == dict.fromkeys(files, 200)
    assert files["scalar.js"].body == SCRIPT
    assert files["scalar.js"].headers["Content-Encoding"] == "gzip"


async def test_a_caller_that_takes_no_gzip_gets_the_script_plain(fetched: Path, anonymous: Api) -> None:
    answer = await anonymous.get("/docs/scalar.js", headers={"Accept-Encoding": "identity"})

    assert (answer.body, answer.headers.get("Content-Encoding")) == (SCRIPT, None)


@pytest.mark.parametrize("name", ["other.js", "..%2Fplans.toml", ".gitignore"])
async def test_nothing_but_the_files_of_the_page_is_served(anonymous: Api, name: str) -> None:
    assert (await anonymous.get(f"/docs/{name}")).status == 404


def test_a_page_escapes_what_it_shows() -> None:
    assert "<script>" not in reference_page(TABLE, scripts=[]).split("</head>")[1]


def archive(name: str = "package/dist/browser/standalone.js") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as files:
        member = tarfile.TarInfo(name)
        member.size = len(SCRIPT)
        files.addfile(member, io.BytesIO(SCRIPT))
    return file.getvalue()


def test_the_pinned_package_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    package = archive()
    monkeypatch.setattr(assets, "SHA512", base64.b64encode(hashlib.sha512(package).digest()).decode())

    assert assets.unpacked(package) == SCRIPT


def test_another_package_is_refused() -> None:
    with pytest.raises(AssetUnavailable, match="hash differs"):
        assets.unpacked(archive())


def test_what_cannot_be_fetched_is_said_in_one_line(
    missing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'network is down' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    status = assets.fetch()

    assert status == 1
    assert "network is down" in capsys.readouterr().err
    assert not missing.exists()


def test_what_is_there_is_not_fetched_again(fetched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert assets.fetch() == 0
