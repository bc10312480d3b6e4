"""Holds requests and answers against the upstream's published contract.

`validate_response` and `validate_request` raise AssertionError, naming each place and what is
wrong with it. Stricter than the document itself: wherever a schema lists properties, a member
that is not among them is refused.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS30WriteValidator,
    oas30_format_checker,
)

_DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "upstream" / "voice-out.openapi.json").read_text()
)
_MEDIA_TYPE = "application/vnd.api+json"
_ERRORS = {"$ref": "#/components/schemas/ErrorsDocument"}
_SHOWN_ERRORS = 10


def validate_response(
    method: str, path: str, status: int, body: Any, *, may_lack_password: bool = False
) -> None:
    """`path` may be a whole URL; anything up to `/v3` is ignored. `body` is parsed JSON, None
    where there is none. With `fields[...]` in its query, required attributes and
    relationships may be missing; with a query at all, linkage is allowed only for what
    `include` names. Statuses >= 400 that the document does not declare must still be
    an ErrorsDocument. `may_lack_password`: a password may be null (answers without the right
    to see it).
    """
    schema = _response_schema(method, path, status)
    if schema is None:
        assert body in (None, "", b""), f"{method} {path} {status} declares no body: {body!r:.200}"
        return
    is_sparse = "fields[" in urlsplit(path.replace("%5B", "[")).query
    validator = _validator(json.dumps(schema), OAS30ReadValidator, is_sparse, may_lack_password)
    _check(validator, body, f"answer {status} to {method} {path}")
    if status < 400:
        _check_linkage(path, body)


def validate_request(method: str, path: str, body: Any) -> None:
    """`body` is parsed JSON; None for an operation that takes no body."""
    operation = _operation(method, path)
    declared = operation.get("requestBody")
    if declared is None:
        assert body in (None, "", b""), f"{method} {path} takes no body: {body!r:.200}"
        return
    schema = declared["content"][_MEDIA_TYPE]["schema"]
    validator = _validator(json.dumps(schema), OAS30WriteValidator, False, False)
    _check(validator, body, f"request {method} {path}")


def _route(path: str) -> str:
    """The path below /v3, without the query."""
    return re.sub(r"^.*?/v3(?=/)", "", urlsplit(path).path).rstrip("/")


def _operation(method: str, path: str) -> dict[str, Any]:
    route = _route(path)
    for template, item in _DOCUMENT["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, route) and method.lower() in item:
            operation: dict[str, Any] = item[method.lower()]
            return operation
    raise AssertionError(f"the contract declares no {method} {route}")


def _response_schema(method: str, path: str, status: int) -> dict[str, Any] | None:
    response = _operation(method, path)["responses"].get(str(status))
    if response is None:
        assert status >= 400, f"the contract declares no answer {status} to {method} {path}"
        return _ERRORS
    content = response.get("content")
    schema: dict[str, Any] | None = content[_MEDIA_TYPE]["schema"] if content else None
    return schema


@lru_cache(maxsize=64)
def _validator(schema_text: str, kind: Any, is_sparse: bool, may_lack_password: bool) -> Any:
    components = copy.deepcopy(_DOCUMENT["components"])
    schema = json.loads(schema_text) | {"components": components}
    for node in _nodes(schema):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
    if is_sparse:
        _make_sparse(components["schemas"])
    if may_lack_password:
        method = components["schemas"]["CredentialsAndIpAuthentication"]["properties"]
        method["attributes"]["properties"]["password"]["nullable"] = True
    return kind(schema, format_checker=oas30_format_checker)


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema object; the names of properties are not taken for keywords."""
    if isinstance(node, list):
        for item in node:
            yield from _nodes(item)
    elif isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node
        for value in node.values():
            yield from _nodes(value)


def _make_sparse(schemas: dict[str, Any]) -> None:
    for name in ("VoiceOutTrunk", "Did", "Balance"):
        resource = schemas[name]
        kept = ("id", "type", "meta")
        resource["required"] = [member for member in resource["required"] if member in kept]
        for part in ("attributes", "relationships"):
            resource["properties"].get(part, {}).pop("required", None)


def _check(validator: Any, body: Any, what: str) -> None:
    found = sorted(validator.iter_errors(body), key=lambda error: error.json_path)
    if not found:
        return
    lines = [line for error in found for line in _lines(error)]
    shown = "\n  ".join(lines[:_SHOWN_ERRORS])
    raise AssertionError(f"{what} breaks the contract:\n  {shown}")


def _lines(error: Any) -> Iterator[str]:
    yield f"{error.json_path}: {error.message[:300]}"
    for inner in error.context or ():
        for line in _lines(inner):
            yield f"  or {line}"


def _check_linkage(path: str, body: dict[str, Any]) -> None:
    """Linkage stands only where it was included, and what it names stands in `included`."""
    query = parse_qs(urlsplit(path).query)
    if not query:
        return
    asked = {name.split(".")[0] for name in ",".join(query.get("include", [])).split(",")}
    known = {(other["type"], other["id"]) for other in body.get("included", [])}
    data = body["data"] if isinstance(body["data"], list) else [body["data"]]
    known |= {(resource["type"], resource["id"]) for resource in data}
    for resource in data:
        for name, relation in resource.get("relationships", {}).items():
            if "data" not in relation:
                continue
            assert name in asked, f"linkage of {name} in {path}, which did not include it"
            linked = relation["data"] if isinstance(relation["data"], list) else [relation["data"]]
            missing = [o for o in linked if o and (o["type"], o["id"]) not in known]
            assert not missing, f"{name} of {path} links to {missing}, not included"
