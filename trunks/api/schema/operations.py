"""Every operation: its path and method, what it takes and what it answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trunks.api.accounts import AccountViewSet
from trunks.api.changes import ChangeViewSet
from trunks.api.dids import DidViewSet
from trunks.api.filtersets import Boolean
from trunks.api.negotiation import MEDIA_TYPE
from trunks.api.pagination import Pages
from trunks.api.schema.components import PROBLEMS
from trunks.api.schema.resources import ref
from trunks.api.serializers import REGENERATIONS, DidSerializer
from trunks.api.syncs import SyncViewSet
from trunks.api.trunks import TrunkViewSet

ALWAYS = ("Unauthorized", "Forbidden", "MethodNotAllowed", "NotAcceptable", "BadRequest")
WRITING = ("Conflict", "Unprocessable", "Unavailable", "OutcomeUnknown")
READING_A_BODY = ("UnsupportedMediaType", "TooLarge")
TRUNKS, DIDS = TrunkViewSet, DidViewSet
TRUNK = "/voice_out_trunks/{id}"


@dataclass(frozen=True, slots=True)
class Operation:
    """`shows`: the view whose query an answer honours; `answer`: a document's schema."""

    method: str
    path: str
    name: str
    summary: str
    shows: Any
    answer: str = ""
    body: str = ""
    status: int = 200

    @property
    def is_list(self) -> bool:
        return self.answer.endswith("List")

    @property
    def is_write(self) -> bool:
        return self.method != "get"


def _reads(view: Any, name: str, what: str) -> Iterator[Operation]:
    path = f"/{view.serializer_class.name()}"
    yield Operation("get", path, f"list{name}s", f"List {what}", view, f"{name}List")
    yield Operation("get", path + "/{id}", f"get{name}", f"Read {what}", view, f"{name}Document")


def _linkage(relation: str) -> Iterator[Operation]:
    name = "".join(word.capitalize() for word in relation.split("_"))
    path, body = f"{TRUNK}/relationships/{relation}", "DidLinkageRequest"
    what = relation.replace("_", " ").replace("dids", "DIDs")
    yield Operation(
        "get", f"{TRUNK}/{relation}", f"list{name}OfTrunk", f"A trunk's {what}", DIDS, "DidList"
    )
    yield Operation("get", path, f"get{name}Linkage", f"Which {what}", TRUNKS, "DidLinkage")
    for method, verb in [
        ("patch", "Replace"),
        ("put", "Replace"),
        ("post", "Add to"),
        ("delete", "Take from"),
    ]:
        id_ = f"{method}{name}Linkage"
        summary = f"{verb} a trunk's {what}"
        yield Operation(method, path, id_, summary, TRUNKS, body=body, status=204)


def _all() -> Iterator[Operation]:
    yield from _reads(TRUNKS, "Trunk", "outbound trunks")
    yield Operation(
        "post",
        "/voice_out_trunks",
        "createTrunk",
        "Create a trunk",
        TRUNKS,
        "TrunkDocument",
        "TrunkCreate",
        201,
    )
    for method in ("patch", "put"):
        yield Operation(
            method,
            TRUNK,
            f"{method}Trunk",
            "Change what is named of a trunk",
            TRUNKS,
            "TrunkDocument",
            "TrunkUpdate",
        )
    yield Operation("delete", TRUNK, "deleteTrunk", "Delete a trunk", TRUNKS, status=204)
    for relation in TRUNKS.serializer_class.relationships():
        yield from _linkage(relation)
    yield Operation(
        "post",
        f"/{REGENERATIONS}",
        "regenerateCredentials",
        "New credentials for a trunk, to be read back from it",
        TRUNKS,
        "RegenerationDocument",
        "RegenerationCreate",
        201,
    )
    yield from _reads(DIDS, "Did", "DIDs")
    yield from _reads(ChangeViewSet, "Change", "changes")
    of_change = "/changes/{id}"
    yield Operation(
        "get",
        f"{of_change}/voice_out_trunk",
        "getTrunkOfChange",
        "A change's trunk; null until a create has made it",
        TRUNKS,
        "ChangedTrunkDocument",
    )
    yield Operation(
        "get",
        f"{of_change}/relationships/voice_out_trunk",
        "getTrunkLinkageOfChange",
        "Which trunk a change is of",
        ChangeViewSet,
        "TrunkLinkage",
    )
    yield from _reads(AccountViewSet, "Account", "upstream accounts (staff)")
    yield from _reads(SyncViewSet, "Sync", "pulls (staff)")


@lru_cache
def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """By path and method, as OpenAPI writes them."""
    return {(operation.path, operation.method): _document(operation) for operation in _all()}


def _document(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.path.split("/")[1]],
        "parameters": list(_parameters(operation)),
        "responses": {**_answers(operation), **_problems(operation)},
        "security": [{"ApiKey": []}, {"Bearer": []}],
        "description": f"Needs the scope `{'write' if operation.is_write else 'read'}`.",
    }
    if operation.body:
        content = {MEDIA_TYPE: {"schema": ref(operation.body)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _answers(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer:
        answer["content"] = {MEDIA_TYPE: {"schema": ref(operation.answer)}}
    found = {str(operation.status): answer}
    if operation.is_write:
        headers = ("Location", "Preference-Applied")
        found["202"] = {
            "description": "Submitted, with `Prefer: respond-async`: the change.",
            "headers": {name: {"schema": {"type": "string"}} for name in headers},
            "content": {MEDIA_TYPE: {"schema": ref("ChangeDocument")}},
        }
    return found


def _problems(operation: Operation) -> dict[str, Any]:
    names = [*ALWAYS]
    if "{id}" in operation.path or operation.body == "RegenerationCreate":
        names.append("NotFound")
    if operation.is_write:
        names += WRITING
    if operation.body:
        names += READING_A_BODY
    responses = {str(PROBLEMS[n][0]): {"$ref": f"#/components/responses/{n}"} for n in names}
    return dict(sorted(responses.items()))


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    if "{id}" in operation.path:
        yield {"$ref": "#/components/parameters/Id"}
    if operation.is_write:
        yield {"$ref": "#/components/parameters/Prefer"}
    if operation.method == "post":
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    if "Linkage" in operation.answer or not operation.answer:
        return
    if operation.is_list:
        yield from _list_parameters(operation.shows)
    if operation.answer != "RegenerationDocument":
        yield from _shape_parameters(operation.shows)


def _list_parameters(view: Any) -> Iterator[dict[str, Any]]:
    filterset = getattr(view, "filterset_class", None)
    for key, known in filterset.base_filters.items() if filterset else ():
        yield _query(f"filter[{key.replace('__', '.')}]", _values(known.extra["each"]), known.label)
    sorts = [sign + name for name in view.ordering_fields for sign in ("", "-")]
    yield _list_query("sort", sorts, "Applied in order; `-` for descending.")
    yield {"$ref": "#/components/parameters/PageNumber"}
    size = {"type": "integer", "minimum": 1, "maximum": view.pagination_class.max_page_size}
    yield _query("page[size]", {**size, "default": Pages.page_size}, "")


def _values(each: Any) -> dict[str, Any]:
    if isinstance(each, Boolean):
        return {"type": "boolean"}
    if choices := getattr(each, "choices", None):
        return {"type": "string", "enum": [value for value, _ in choices]}
    return {"type": "string"}


def _shape_parameters(view: Any) -> Iterator[dict[str, Any]]:
    type_ = view.serializer_class
    includes = list(type_.included_serializers)
    if includes:
        yield _list_query("include", includes, "Related resources to include.")
    for shown in (type_, DidSerializer) if includes else (type_,):
        what = "Attributes and relationships to show."
        yield _list_query(f"fields[{shown.name()}]", sorted(["id", *shown.Meta.fields]), what)


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    found = {"name": name, "in": "query", "schema": schema}
    return {**found, "description": description} if description else found


def _list_query(name: str, values: list[str], description: str) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string", "enum": values}}
    return {**_query(name, schema, description), "style": "form", "explode": False}
