"""Refusals as JSON:API error objects, with the upstream's own codes and words where it has some.

A code is the upstream's number ("100" a validation error, "102" a filter…), or for what only
this side can say, a word ("conflict", "upstream_unavailable").
Source: the recordings in tests/upstream.
"""

from collections.abc import Iterable, Mapping
from typing import Any

ErrorObject = dict[str, Any]
MEMBERS = ("title", "detail", "code", "source", "status", "meta")


class Refusal(Exception):
    """One answer of status 4xx or 5xx with its error objects and headers."""

    def __init__(
        self,
        status: int,
        errors: Iterable[ErrorObject],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.errors = list(errors)
        self.headers = dict(headers or {})
        super().__init__("; ".join(error["detail"] for error in self.errors))


def error(
    status: int,
    code: str,
    title: str,
    detail: str,
    *,
    pointer: str | None = None,
    meta: Mapping[str, Any] | None = None,
) -> ErrorObject:
    found: ErrorObject = {"title": title, "detail": detail, "code": code}
    if pointer is not None:
        found["source"] = {"pointer": pointer}
    found["status"] = str(status)
    if meta:
        found["meta"] = dict(meta)
    return found


def passed_on(given: Mapping[str, Any]) -> ErrorObject:
    """An error object of upstream's; a member it left out (its 429 has no title) is filled in."""
    status = str(given.get("status") or "")
    status = status if status.isdigit() and 400 <= int(status) < 500 else "422"
    title = str(given.get("title") or given.get("detail") or "Refused")
    whole = {"title": title, "detail": title, "code": status} | {
        name: given[name] for name in MEMBERS if given.get(name)
    }
    return {**whole, "code": str(whole["code"]), "status": status}


def refusal(status: int, code: str, title: str, detail: str, **more: Any) -> Refusal:
    return Refusal(status, [error(status, code, title, detail, **more)])


# --- the body ---


def not_json() -> Refusal:
    return refusal(400, "400", "Bad Request", "The request body is not valid JSON.")


def not_an_object(name: str) -> Refusal:
    return refusal(400, "400", "Bad Request", f"{name} must be an object.")


def members_not_allowed(names: Iterable[str]) -> Refusal:
    errors = [
        error(400, "105", "Param not allowed", f"{shown(name)} is not allowed.") for name in names
    ]
    return Refusal(400, errors)


def member_missing(name: str) -> Refusal:
    return refusal(400, "106", "Missing Parameter", f"The required parameter, {name}, is missing.")


def wrong_type(type_: object) -> Refusal:
    return refusal(400, "101", "Invalid resource", f"{shown(type_)} is not a valid resource.")


def wrong_linked_type(type_: object) -> Refusal:
    detail = f"{shown(type_)} is not a valid type for this operation."
    return refusal(400, "116", "Type Mismatch", detail)


def wrong_id(id_: object) -> Refusal:
    detail = f"The URL does not support the key {shown(id_)}"
    return refusal(400, "109", "Key is not included in URL", detail)


def not_a_linkage() -> Refusal:
    return refusal(400, "115", "Invalid Links Object", "Data is not a valid Links Object.")


def too_large(limit: int) -> Refusal:
    detail = f"A body may hold {limit} bytes at most."
    return refusal(413, "413", "Content Too Large", detail)


def header_not_allowed(name: str, why: str) -> Refusal:
    return refusal(400, "400", "Bad Request", f"The header {name} {why}.")


def key_reused() -> Refusal:
    return refusal(
        422,
        "idempotency_key_reused",
        "Idempotency key reused",
        "This Idempotency-Key was used for another request: use a new one.",
    )


# --- the query ---


def parameter_not_allowed(name: str) -> Refusal:
    return refusal(400, "105", "Param not allowed", f"{shown(name)} is not allowed.")


def filter_not_allowed(name: str, why: str = "") -> Refusal:
    detail = f"{shown(name)} is not allowed" + (f": {why}." if why else ".")
    return refusal(400, "102", "Filter not allowed", detail)


def filter_value(name: str, value: str) -> Refusal:
    detail = f"{shown(value)} is not a valid value for {name}."
    return refusal(400, "107", "Invalid filter value", detail)


def filter_syntax(value: str) -> Refusal:
    detail = f"{shown(value)} is not a valid syntax for filtering."
    return refusal(400, "120", "Invalid filters syntax", detail)


def field_not_valid(name: str, type_: str) -> Refusal:
    detail = f"{shown(name)} is not a valid field for {type_}."
    return refusal(400, "104", "Invalid field", detail)


def fields_without_type() -> Refusal:
    return refusal(400, "119", "Invalid field format", "Fields must specify a type.")


def include_not_valid(name: str, type_: str) -> Refusal:
    detail = f"{shown(name)} is not a valid includable relationship of {type_}"
    return refusal(400, "112", "Invalid field", detail)


def sort_not_valid(name: str, type_: str) -> Refusal:
    detail = f"{shown(name)} is not a valid sort criteria for {type_}"
    return refusal(400, "114", "Invalid sort criteria", detail)


def page_not_valid() -> Refusal:
    return refusal(400, "117", "Invalid Page Object", "Invalid Page Object.")


def page_parameter(name: str) -> Refusal:
    detail = f"{shown(name)} is not an allowed page parameter."
    return refusal(400, "105", "Page parameter not allowed", detail)


def page_value(name: str, value: str) -> Refusal:
    detail = f"{shown(value)} is not a valid value for {name} page parameter."
    return refusal(400, "118", "Invalid page value", detail)


def page_too_large(limit: int) -> Refusal:
    detail = f"size exceeds maximum page size of {limit}."
    return refusal(400, "118", "Invalid page value", detail)


# What a group of parameters is answered with that comes without its brackets.
LONE = {
    "filter": filter_syntax,
    "fields": lambda value: fields_without_type(),
    "page": lambda value: page_not_valid(),
}


# --- the request as a whole ---


def unauthorized() -> Refusal:
    return refusal(401, "401", "Unauthorized", "Authorization failed")


def scope_missing(scope: str) -> Refusal:
    detail = f"This token lacks the scope {scope}."
    return refusal(403, "403", "Forbidden", detail, meta={"scope": scope})


def forbidden() -> Refusal:
    return refusal(403, "403", "Forbidden", "This token has no right to do this.")


def not_found(id_: object) -> Refusal:
    detail = f"The record identified by {shown(id_)} could not be found."
    return refusal(404, "404", "Record not found", detail)


def no_route(path: str) -> Refusal:
    return refusal(404, "404", "Not Found", f"No route matches {shown(path, 200)}.")


def method_not_allowed(method: str) -> Refusal:
    detail = f"{shown(method)} is not allowed here."
    return refusal(405, "405", "Method not allowed", detail)


def in_progress() -> Refusal:
    detail = "An earlier change of this trunk is not settled yet; nothing was sent."
    return refusal(409, "change_in_progress", "Change in progress", detail)


def not_acceptable(accept: str) -> Refusal:
    detail = (
        "All requests must use the 'application/vnd.api+json' Accept without media type "
        f"parameters. This request specified '{shown(accept, 200)}'."
    )
    return refusal(406, "406", "Not acceptable", detail)


def unsupported_media_type(content_type: str) -> Refusal:
    detail = (
        "All requests that create or update must use the 'application/vnd.api+json' "
        f"Content-Type. This request specified '{shown(content_type, 200)}'."
    )
    return refusal(415, "415", "Unsupported media type", detail)


def too_many_requests(wait: float | None) -> Refusal:
    found = refusal(429, "429", "Too Many Requests", "Too Many Requests")
    found.headers["Retry-After"] = str(int(wait or 1))
    return found


def internal() -> Refusal:
    detail = "This is our fault. X-Request-Id names the request in our logs."
    return refusal(500, "500", "Internal Server Error", detail)


def shown(value: object, limit: int = 80) -> str:
    """What a client sent, short and printable enough for a message."""
    text = "".join(c if c.isprintable() else "�" for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[:limit] + "…"
