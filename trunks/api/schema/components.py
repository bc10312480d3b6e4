"""Everything the operations refer to: schemas, responses, parameters, security."""

from typing import Any

from trunks.api.idempotency import HEADER, LONGEST
from trunks.api.negotiation import MEDIA_TYPE
from trunks.api.schema import resources
from trunks.api.schema.attributes import Schema, methods_sent, methods_shown
from trunks.api.schema.resources import URL, identifier, obj, ref
from trunks.api.serializers import REGENERATIONS

RESOURCES = {
    "Trunk": resources.trunk,
    "Did": resources.did,
    "Change": resources.change,
    "Account": resources.account,
    "Sync": resources.sync,
}
INCLUDING = ("Trunk",)
# What may go wrong: name, status, when.
PROBLEMS: dict[str, tuple[int, str]] = {
    "BadRequest": (400, "A query or a body that the API does not accept, with upstream's codes."),
    "Unauthorized": (401, "No token, a wrong one, or one that has expired or was revoked."),
    "Forbidden": (403, "The token lacks the scope; `meta.scope` names it."),
    "NotFound": (404, "No such record, or not yours."),
    "MethodNotAllowed": (405, "Nothing of the kind can be done here."),
    "NotAcceptable": (406, "`Accept` names the media type with parameters only."),
    "Conflict": (
        409,
        "`conflict`: a field was changed upstream meanwhile; one error a field, with `base`, "
        "`ours`, `theirs` and the change's URL in `meta`. `change_in_progress`: an earlier change "
        "of the trunk is not settled; nothing is left behind. Or upstream's own refusal.",
    ),
    "TooLarge": (413, "The body is too large."),
    "UnsupportedMediaType": (415, f"A body of another type than {MEDIA_TYPE} or with parameters."),
    "Unprocessable": (422, "Refused, here or upstream; each error points at its cause."),
    "Unavailable": (503, "`upstream_unavailable`: nothing was sent. See `Retry-After`."),
    "OutcomeUnknown": (
        504,
        "`upstream_outcome_unknown`: sent, and not answered. `meta.change` and `Location` name the "
        "change that tells what became of it.",
    ),
}
PROBLEM_HEADERS = {"Unavailable": "Retry-After", "OutcomeUnknown": "Location"}


def components() -> dict[str, Any]:
    return {
        "schemas": {**_parts(), **_documents(), **_requests()},
        "responses": {name: _problem(name) for name in PROBLEMS},
        "parameters": {
            "Id": ID,
            "Prefer": PREFER,
            "IdempotencyKey": IDEMPOTENCY_KEY,
            "PageNumber": PAGE_NUMBER,
        },
        "securitySchemes": {
            "ApiKey": {"type": "apiKey", "in": "header", "name": "Api-Key"},
            "Bearer": {"type": "http", "scheme": "bearer"},
        },
    }


def _parts() -> dict[str, Schema]:
    version = {"type": "string", "example": "2026-04-16"}
    links = {"self": URL, "related": URL}
    dids: Schema = {"type": "array", "items": identifier("dids")}
    return {
        "Meta": obj({"api_version": version}, ["api_version"]),
        "ListMeta": obj(
            {"api_version": version, "total_records": {"type": "integer", "minimum": 0}},
            ["api_version", "total_records"],
        ),
        "PageLinks": obj(dict.fromkeys(("first", "last", "next", "prev"), URL), ["first", "last"]),
        "RelationshipLinks": obj(links, list(links)),
        "Relationship": obj({"links": ref("RelationshipLinks")}, ["links"]),
        "DidsRelationship": obj(
            {"links": ref("RelationshipLinks"), "data": dids},
            ["links"],
            description="`data` stands only where the relationship was included.",
        ),
        "AuthenticationMethod": methods_shown(),
        "AuthenticationMethodRequest": methods_sent(),
        "Error": _error(),
        "Errors": obj({"errors": {"type": "array", "items": ref("Error")}}, ["errors"]),
        **{name: make() for name, make in RESOURCES.items()},
    }


def _error() -> Schema:
    text = {"type": "string"}
    return obj(
        {
            "title": text,
            "detail": text,
            "code": {**text, "description": "Upstream's number, or a word where we alone say it."},
            "status": text,
            "source": obj({"pointer": text}, ["pointer"]),
            "meta": {"type": "object", "additionalProperties": True},
        },
        ["title", "detail", "code", "status"],
    )


def _documents() -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for name in RESOURCES:
        included = {"included": {"type": "array", "items": ref("Did")}}
        more = included if name in INCLUDING else {}
        one = {"data": ref(name), **more, "meta": ref("Meta")}
        found[f"{name}Document"] = obj(one, ["data", "meta"])
        many = {"data": {"type": "array", "items": ref(name)}, **more}
        many |= {"meta": ref("ListMeta"), "links": ref("PageLinks")}
        found[f"{name}List"] = obj(many, ["data", "meta", "links"])
    unborn = {"allOf": [ref("Trunk")], "nullable": True}
    found["ChangedTrunkDocument"] = obj({"data": unborn, "meta": ref("Meta")}, ["data", "meta"])
    for name, data in {
        "DidLinkage": {"type": "array", "items": identifier("dids")},
        "TrunkLinkage": {**identifier("voice_out_trunks"), "nullable": True},
    }.items():
        properties = {"links": ref("RelationshipLinks"), "data": data, "meta": ref("Meta")}
        found[name] = obj(properties, ["links", "data", "meta"])
    done = {"data": identifier(REGENERATIONS), "meta": ref("Meta")}
    found["RegenerationDocument"] = obj(done, ["data", "meta"])
    return found


def _requests() -> dict[str, Schema]:
    return {
        "TrunkCreate": resources.trunk_sent(is_create=True),
        "TrunkUpdate": resources.trunk_sent(is_create=False),
        "DidLinkageRequest": resources.linkage(many=True),
        "RegenerationCreate": resources.regeneration_sent(),
    }


def _problem(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": PROBLEMS[name][1],
        "content": {MEDIA_TYPE: {"schema": ref("Errors")}},
    }
    if header := PROBLEM_HEADERS.get(name):
        found["headers"] = {header: {"schema": {"type": "string"}}}
    return found


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PREFER = {
    "name": "Prefer",
    "in": "header",
    "description": "`respond-async`: only submit; answer 202 with the change.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "description": "Any text, unique per token: a request repeated under it is answered again from"
    " what the first one made, not done again. Another body: 422 `idempotency_key_reused`.",
    "schema": {"type": "string", "maxLength": LONGEST},
}
PAGE_NUMBER = {
    "name": "page[number]",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "default": 1},
}
