"""Finds the route of a path: static paths by one look-up, others by their segments."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from winnow_gateway.routes.route import Route

Methods = Mapping[str, Route]


class Found(NamedTuple):
    """The routes of a path, by method, and the values of its placeholders."""

    methods: Methods
    values: Mapping[str, str]


class _Node:
    """What may follow a part of a path."""

    __slots__ = ("children", "methods", "names", "placeholder")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.placeholder: _Node | None = None
        self.methods: dict[str, Route] = {}
        self.names: list[str] = []


class Router:
    """Matches raw paths. A fixed segment wins over a placeholder; a placeholder is never empty, and may hold `%2F`."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._static: dict[str, Found] = {}
        for route in routes:
            self._add(route)

    def find(self, path: str) -> Found | None:
        """The routes of a path as it stands in the request line, without its query; None where there are none."""
        static = self._static.get(path)
        if static is not None:
            return static
        try:
            end = _follow(self._root, path.split("/")[1:], ())
        except UnicodeDecodeError:
            return None
        if end is None:
            return None
        node, values = end
        return Found(node.methods, dict(zip(node.names, values, strict=True)))

    def _add(self, route: Route) -> None:
        node, names = self._root, []
        for segment in route.path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if node.placeholder is None:
                    node.placeholder = _Node()
                node = node.placeholder
            else:
                node = node.children.setdefault(segment, _Node())
        if route.method in node.methods:
            raise ValueError(f"two routes for {route.method} {route.path}")
        if node.methods and node.names != names:
            raise ValueError(f"the placeholders of {route.path} have other names elsewhere")
        node.methods[route.method] = route
        node.names = names
        if not names:
            self._static[route.path] = Found(node.methods, {})


def _follow(node: _Node, segments: Sequence[str], values: tuple[str, ...]) -> tuple[_Node, tuple[str, ...]] | None:
    if not segments:
        return (node, values) if node.methods else None
    segment, rest = segments[0], segments[1:]
    child = node.children.get(segment)
    found = None if child is None else _follow(child, rest, values)
    if found is None and node.placeholder is not None and segment:
        found = _follow(node.placeholder, rest, (*values, unquote(segment, errors="strict")))
    return found
