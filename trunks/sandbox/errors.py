"""The upstream's refusals, as JSON:API error objects.

Codes are the upstream's own numbers: 100 is a validation error, the other hundreds are
malformed requests; only 401, 404 and the like repeat the HTTP status.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ErrorObject = dict[str, Any]


class Refusal(Exception):
    """One answer of status 4xx with one or more error objects."""

    def __init__(self, status: int, errors: Iterable[ErrorObject]) -> None:
        self.status = status
        self.errors = list(errors)
        super().__init__("; ".join(str(error.get("detail")) for error in self.errors))


def refusal(status: int, code: str, title: str, detail: str) -> Refusal:
    error = {"title": title, "detail": detail, "code": code, "status": str(status)}
    return Refusal(status, [error])


def invalid(field: str, message: str, pointer: str) -> ErrorObject:
    """A validation error; `field` is the last word of what `pointer` points at."""
    return {
        "title": message,
        "detail": f"{field} - {message}",
        "code": "100",
        "source": {"pointer": pointer},
        "status": "422",
    }


def invalid_attribute(field: str, message: str) -> ErrorObject:
    return invalid(field, message, f"/data/attributes/{field}")


def invalid_relation(field: str, message: str) -> ErrorObject:
    return invalid(field, message, f"/data/relationships/{field}")


def unprocessable(errors: Iterable[ErrorObject]) -> Refusal:
    return Refusal(422, errors)


def params_not_allowed(names: Iterable[str]) -> Refusal:
    return Refusal(
        400,
        [
            {
                "title": "Param not allowed",
                "detail": f"{name} is not allowed.",
                "code": "105",
                "status": "400",
            }
            for name in names
        ],
    )


def param_missing(name: str) -> Refusal:
    return refusal(400, "106", "Missing Parameter", f"The required parameter, {name}, is missing.")


def filter_not_allowed(name: str) -> Refusal:
    return refusal(400, "102", "Filter not allowed", f"{name} is not allowed.")


def invalid_filter_value(name: str, value: str) -> Refusal:
    detail = f"{value} is not a valid value for {name}."
    return refusal(400, "107", "Invalid filter value", detail)


def invalid_field(name: str, type_: str) -> Refusal:
    return refusal(400, "104", "Invalid field", f"{name} is not a valid field for {type_}.")


def invalid_resource(type_: str) -> Refusal:
    return refusal(400, "101", "Invalid resource", f"{type_} is not a valid resource.")


def invalid_include(name: str, type_: str) -> Refusal:
    detail = f"{name} is not a valid includable relationship of {type_}"
    return refusal(400, "112", "Invalid field", detail)


def invalid_sort(name: str, type_: str) -> Refusal:
    detail = f"{name} is not a valid sort criteria for {type_}"
    return refusal(400, "114", "Invalid sort criteria", detail)


def type_mismatch(type_: object) -> Refusal:
    detail = f"{type_} is not a valid type for this operation."
    return refusal(400, "116", "Type Mismatch", detail)


def invalid_page_object() -> Refusal:
    return refusal(400, "117", "Invalid Page Object", "Invalid Page Object.")


def invalid_page_value(name: str, value: str, why: str = "") -> Refusal:
    detail = why or f"{value} is not a valid value for {name} page parameter."
    return refusal(400, "118", "Invalid page value", detail)


def bad_request(detail: str) -> Refusal:
    return refusal(400, "400", "Bad Request", detail)


def wrong_key_in_body(key: object) -> Refusal:
    detail = f"The URL does not support the key {key}"
    return refusal(400, "109", "Key is not included in URL", detail)


def unauthorized() -> Refusal:
    return refusal(401, "401", "Unauthorized", "Authorization failed")


def outbound_disabled() -> Refusal:
    return refusal(403, "403", "Forbidden", "Outbound voice API is not enabled.")


def not_found(id_: str) -> Refusal:
    detail = f"The record identified by {id_} could not be found."
    return refusal(404, "404", "Record not found", detail)


def no_route(path: str) -> Refusal:
    return refusal(404, "404", "Not Found", f"No route matches {path}.")


def not_acceptable(accept: str) -> Refusal:
    detail = (
        "All requests must use the 'application/vnd.api+json' Accept without media type "
        f"parameters. This request specified '{accept}'."
    )
    return refusal(406, "406", "Not acceptable", detail)


def unsupported_media_type(content_type: str) -> Refusal:
    detail = (
        "All requests that create or update must use the 'application/vnd.api+json' "
        f"Content-Type. This request specified '{content_type}'."
    )
    return refusal(415, "415", "Unsupported media type", detail)


def internal_error() -> Refusal:
    return refusal(500, "500", "Internal Server Error", "Internal Server Error")


def too_many_requests() -> Refusal:
    """The upstream's own 429 has neither a title nor a code."""
    return Refusal(429, [{"status": "429", "detail": "Too Many Requests"}])
