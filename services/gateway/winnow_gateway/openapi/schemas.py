"""JSON Schemas of the models that routes take and give."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from openapi_pydantic import Reference, Schema
from pydantic import BaseModel, TypeAdapter
from winnow_contracts.replies import ProblemDocument

from winnow_gateway.routes.route import Route

_REF: Final = "#/components/schemas/{model}"


def reference(kind: str, name: str) -> Reference:
    """A reference to one of the document's components."""
    return Reference.model_validate({"$ref": f"#/components/{kind}/{name}"})


PROBLEM: Final = reference("schemas", ProblemDocument.__name__)


class Schemas:
    """The schema of each type of the table; named ones are kept once, among the document's components."""

    def __init__(self, table: Iterable[Route]) -> None:
        types = {id(kind): kind for route in table for kind in _types(route)}
        types[id(ProblemDocument)] = ProblemDocument
        by_key, definitions = TypeAdapter.json_schemas(
            [(key, "validation", TypeAdapter(kind)) for key, kind in types.items()], ref_template=_REF
        )
        self._by_type: Mapping[int, dict[str, Any]] = {key: schema for (key, _), schema in by_key.items()}
        self.components: Mapping[str, Schema] = {
            name: Schema.model_validate(schema) for name, schema in definitions["$defs"].items()
        }

    def of(self, kind: Any) -> Schema | Reference:
        """The schema of a type, a reference where it has a name."""
        schema = self._by_type[id(kind)]
        kind_of = Reference if "$ref" in schema else Schema
        return kind_of.model_validate(schema)

    def parameters(self, model: type[BaseModel]) -> Iterable[tuple[str, bool, Schema]]:
        """The fields of a model as parameters: name, whether it is required, and schema."""
        schema = model.model_json_schema(ref_template=_REF)
        for name, described in schema["properties"].items():
            described.pop("title", None)
            yield name, name in schema.get("required", ()), Schema.model_validate(_without_null(described))


def _types(route: Route) -> Iterable[Any]:
    if route.body is not None:
        yield route.body
    for answer in route.answers.values():
        if answer.model is not None:
            yield answer.model


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is given or not: it is never null."""
    present = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(present) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**present[0], **rest}
