"""The documents that a gateway serves: OpenAPI, and a page to read it on that needs nothing from elsewhere.

The page holds a plain list of all calls. Where the reference's script was fetched (`assets`), it takes the list's
place.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Final

from winnow_gateway import assets
from winnow_gateway.documents import Document, Documents
from winnow_gateway.openapi.document import TAGS, openapi_json
from winnow_gateway.routes.route import Route

_SCRIPT: Final = "scalar.js"
_MISSING: Final = (
    '<p class="hint">This is the short form. For the full reference with examples, fetch its script once with '
    "<code>make setup</code> (or <code>python -m winnow_gateway assets</code>) and restart the gateway.</p>"
)
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Winnow API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<div id="reference"></div>
<main id="plain">
<h1>Winnow API</h1>
{hint}
<p>Described for programs in <a href="/openapi.json">openapi.json</a>.</p>
{calls}
</main>
{scripts}
</body>
</html>
"""


def render_documents(table: Sequence[Route], *, public_url: str) -> Documents:
    """All documents of the table."""
    files = {
        "page.css": _packaged("page.css", "text/css; charset=utf-8"),
        "start.js": _packaged("start.js", "text/javascript; charset=utf-8"),
    }
    if assets.SCRIPT.exists():
        files[_SCRIPT] = Document.of(assets.SCRIPT.read_bytes(), "text/javascript; charset=utf-8", encoding="gzip")
    page = reference_page(table, scripts=[name for name in (_SCRIPT, "start.js") if name in files])
    return Documents(
        openapi=Document.of(openapi_json(table, public_url=public_url), "application/json"),
        page=Document.of(page.encode(), "text/html; charset=utf-8"),
        assets=files,
    )


def reference_page(table: Sequence[Route], *, scripts: Sequence[str]) -> str:
    """The page; with a hint how to get the full one where its script is not there."""
    return _PAGE.format(
        hint="" if _SCRIPT in scripts else _MISSING,
        calls="\n".join(_chapters([route for route in table if not route.hidden])),
        scripts="\n".join(f'<script src="/docs/{name}"></script>' for name in scripts),
    )


def _chapters(table: Sequence[Route]) -> Iterator[str]:
    for tag, routes in groupby(table, key=lambda route: route.tag):
        rows = "".join(
            f"<tr><td>{route.method}</td><td><code>{escape(route.path)}</code></td><td>{escape(route.summary)}</td></tr>"
            for route in routes
        )
        yield f"<h2>{escape(tag)}</h2><p>{escape(TAGS[tag])}</p><table>{rows}</table>"


def _packaged(name: str, content_type: str) -> Document:
    return Document.of((assets.FOLDER / name).read_bytes(), content_type)
