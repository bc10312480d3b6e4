"""The OpenAPI document is valid, complete, and true of what is answered."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker
from openapi_spec_validator import validate

from tests.api.conftest import MEDIA_TYPE, Program, linked, regenerate_body, trunk_body, update_body
from trunks.api.schema.operations import operations
from trunks.api.urls import router, urlpatterns
from trunks.models import Did, Trunk


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = Client().get("/api/v3/schema")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


class Documented(Program):
    """A program that holds every answer against our own document too."""

    def __init__(self, token: str, document: dict[str, Any]) -> None:
        super().__init__(token, sees_passwords=True)
        self.document = document

    def check(self, method: str, path: str, answer: Any) -> None:
        super().check(method, path, answer)
        operation = self.document["paths"][self.route(path)][method.lower()]
        declared = operation["responses"][str(answer.status_code)]
        if "$ref" in declared:
            declared = self.document["components"]["responses"][declared["$ref"].split("/")[-1]]
        if answer.status_code == 204:
            return
        schema = declared["content"][MEDIA_TYPE]["schema"]
        whole = {**schema, "components": self.document["components"]}
        validator = OAS30ReadValidator(whole, format_checker=oas30_format_checker)
        problems = [f"{e.json_path}: {e.message}" for e in validator.iter_errors(answer.json())]
        assert not problems, (method, path, problems)

    def route(self, path: str) -> str:
        parts = urlsplit(path).path.strip("/").split("/")
        if len(parts) > 1:
            parts[1] = "{id}"
        return "/" + "/".join(parts)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_yaml_is_there_for_who_asks_for_it() -> None:
    answer = Client().get("/api/v3/schema", headers={"Accept": "application/yaml"})
    assert answer.content.startswith(b"openapi:")


def methods_of(view: Any) -> list[str]:
    """What a view answers to and the document has to name."""
    cls = getattr(view, "cls", None)
    if cls is None or cls.schema is None:
        return []
    routed = getattr(view, "actions", None) or dir(cls)
    return [method for method in cls.http_method_names if method != "head" and method in routed]


def test_every_route_has_its_operations_and_no_operation_lacks_a_route(
    document: dict[str, Any],
) -> None:
    routed = {
        (f"/{pattern.pattern}".replace("<str:id>", "{id}"), method)
        for pattern in urlpatterns
        for method in methods_of(pattern.callback)
    }
    assert routed == set(operations())
    shown = {(path, method) for path, item in document["paths"].items() for method in item}
    assert shown == routed


def test_ids_of_operations_are_unique() -> None:
    names = [operation["operationId"] for operation in operations().values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("pattern", router.urls[::2], ids=lambda pattern: pattern.name)
def test_every_filter_and_sort_of_a_list_is_documented(
    document: dict[str, Any], pattern: Any
) -> None:
    view = pattern.callback.cls
    parameters = document["paths"][f"/{pattern.pattern}"]["get"]["parameters"]
    names = {parameter.get("name") for parameter in parameters}
    filterset = getattr(view, "filterset_class", None)
    known = filterset.base_filters if filterset else ()
    assert {f"filter[{key.replace('__', '.')}]" for key in known} <= names
    assert not {f"filter[{name}]" for name in getattr(filterset, "refused", ())} & names
    sort = next(p for p in parameters if p.get("name") == "sort")
    assert set(view.ordering_fields) <= set(sort["schema"]["items"]["enum"])


def test_answers_are_as_documented(
    document: dict[str, Any], api: Any, pulled: Any, sandbox: Any
) -> None:
    program = Documented(api("read", "write", "credentials"), document)
    id_ = program.create({"dids": linked()}, threshold_amount="10.5")["id"]
    did = Did.objects.can_call_out().filter(terminated=False)[0]
    trunk = f"/voice_out_trunks/{id_}"
    program.patch(id_, capacity_limit=3)
    program.send("PUT", trunk, update_body(id_, name="Put"))
    for method in ("PATCH", "POST", "DELETE"):
        program.send(method, f"{trunk}/relationships/dids", linked(str(did.pk)))
    program.send("POST", "/voice_out_trunk_regenerate_credentials", regenerate_body(id_))
    program.send("PATCH", trunk, update_body(id_, name="Later"), Prefer="respond-async")
    sandbox.change_trunk(id_, rtp_timeout=44)
    program.send("PATCH", trunk, update_body(id_, rtp_timeout=55))
    for path in (
        "/voice_out_trunks?include=dids,emergency_dids",
        f"{trunk}?fields[voice_out_trunks]=name",
        f"{trunk}/dids",
        f"{trunk}/emergency_dids",
        f"{trunk}/relationships/emergency_dids",
        f"/dids/{did.pk}",
        "/dids?page[size]=3",
        "/changes",
        "/accounts",
        "/syncs",
        f"/accounts/{pulled.pk}",
    ):
        program.get(path)
    change = program.get("/changes")["data"][0]["id"]
    program.get(f"/changes/{change}/voice_out_trunk")
    program.get(f"/changes/{change}/relationships/voice_out_trunk")
    program.send("DELETE", trunk)


def test_refusals_are_as_documented(
    document: dict[str, Any], api: Any, pulled: Any, sandbox: Any
) -> None:
    program = Documented(api("read", "write"), document)
    trunk = f"/voice_out_trunks/{Trunk.objects.all()[0].pk}"
    program.send("GET", "/voice_out_trunks?sort=x")
    program.send("GET", "/dids/x")
    program.send("GET", "/syncs", Accept=f"{MEDIA_TYPE}; a=b")
    program.send("POST", "/voice_out_trunks", trunk_body(name=""))
    program.send("PATCH", trunk, {"data": []}, Content_Type="text/plain")
    program.send("POST", "/voice_out_trunks", raw=b'"' + b"x" * 1_000_001 + b'"')
    Documented("wrong", document).send("GET", "/changes")
    Documented(api("read"), document).send("DELETE", trunk)
    sandbox.fault("status", status=503, times=None)
    program.send("DELETE", trunk)


def test_an_unknown_method_and_absent_attributes_are_as_documented(
    document: dict[str, Any], api: Any, trunk_with: Any, monkeypatch: Any
) -> None:
    method = {"type": "phone_systems", "attributes": {"key": "secret"}}
    trunk_with(name="Odd", authentication_method=method, absent=["rtp_timeout"], status="asleep")
    monkeypatch.setattr(Program, "check", lambda *args: None)  # upstream's contract knows neither
    for scopes in (("read",), ("read", "credentials")):
        Documented(api(*scopes), document).get("/voice_out_trunks?include=dids")


# --- docs ---


def test_the_docs_come_from_here_and_run_no_inline_script(db: None) -> None:
    answer = Client().get("/api/v3/docs")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe-eval" not in policy
    page = answer.content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert Client().get("/api/v3/docs.js")["Content-Type"].startswith("text/javascript")
    assert Client().post("/api/v3/docs").status_code == 405
