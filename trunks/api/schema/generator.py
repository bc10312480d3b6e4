"""drf-spectacular walks the routes; what each one does is said in our own tables."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from trunks.api.schema.components import components
from trunks.api.schema.operations import operations

ROOT = "/api/v3"
DESCRIPTION = """\
Outbound voice trunks as DIDWW's own API shows them (version 2026-04-16), with scoped tokens,
a history of changes, and writes that never overwrite what someone else changed meanwhile.
Lists are paged by number; writes are synchronous unless `Prefer: respond-async` is sent.
"""


class TableSchema(AutoSchema):
    """Looks an operation up; a route without one is an error, not a guess."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any]:
        return operations()[path.removeprefix(ROOT), method.lower()]


class ApiSchemaGenerator(SchemaGenerator):
    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = super().get_schema(request, public)
        paths = {path.removeprefix(ROOT): item for path, item in found["paths"].items()}
        info = {"title": "trunkadmin", "version": "3", "description": DESCRIPTION}
        return {
            **found,
            "info": info,
            "servers": [{"url": ROOT}],
            "paths": paths,
            "components": components(),
        }
