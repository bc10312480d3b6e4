"""Documents written from rows are what the library's renderer makes of the serializers.

What differs is meant: linkage stands only where it was included, there is no count beside it, the
numbers come in their own order, what upstream left out is missing where the library says null, and
a trunk's `meta` stays when `fields` names less.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework_json_api.renderers import JSONRenderer

from tests.api.conftest import ROOT, Program
from trunks.api.dids import DidViewSet
from trunks.api.trunks import TrunkViewSet
from trunks.models import Did, Trunk

pytestmark = pytest.mark.usefixtures("pulled")


def by_the_library(view_class: Any, path: str, rows: Any, *, many: bool = True) -> Any:
    request = Request(APIRequestFactory().get(ROOT + path))
    view = view_class(request=request, kwargs={}, format_kwarg=None)
    serializer = view.get_serializer(rows, many=many)
    context = {"view": view, "request": request, "response": Response()}
    return json.loads(JSONRenderer().render(serializer.data, renderer_context=context))


def without_what_is_meant(document: Any, include: set[str]) -> Any:
    """The library's document, changed as the docstring above says; included by id."""
    for resource in as_list(document["data"]):
        absent = Trunk.objects.filter(pk=resource["id"]).values_list("absent", flat=True)
        for name in absent[0] if absent else ():
            del resource["attributes"][name]
        for name, relationship in resource["relationships"].items():
            relationship.pop("meta", None)
            if name not in include:
                relationship.pop("data", None)
    return in_one_order(document)


def in_one_order(document: Any) -> Any:
    for resource in as_list(document["data"]):
        for relationship in resource["relationships"].values():
            relationship.get("data", []).sort(key=lambda identifier: identifier["id"])
    included = {resource["id"]: resource for resource in document.get("included", ())}
    return document["data"], included


def as_list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else [data]


@pytest.mark.parametrize("include", ["", "dids", "dids,emergency_dids"])
@pytest.mark.parametrize("fields", ["", "&fields[voice_out_trunks]=name,dids&fields[dids]=number"])
def test_trunks_are_as_the_library_would_show_them(
    reader: Program, trunk_with: Any, include: str, fields: str
) -> None:
    trunk_with(name="Sparse", absent=["rtp_timeout"] if not fields else [])
    reader.check = lambda *args: None  # type: ignore[method-assign]  # upstream sends everything
    path = f"/voice_out_trunks?sort=name&page[size]=1000&include={include}{fields}"
    ours = reader.get(path)
    assert any(resource["relationships"]["dids"].get("data") for resource in ours["data"]) == bool(
        include
    )
    theirs = by_the_library(TrunkViewSet, path, Trunk.objects.order_by("name", "pk"))
    for resource in (*ours["data"], *theirs["data"]) if fields else ():
        resource.pop("meta", None)
    assert in_one_order(ours) == without_what_is_meant(theirs, set(include.split(",")))


def test_one_trunk_is_as_the_library_would_show_it(reader: Program) -> None:
    trunk = Trunk.objects.order_by("pk")[0]
    path = f"/voice_out_trunks/{trunk.pk}"
    ours = reader.get(path)
    theirs = by_the_library(TrunkViewSet, path, trunk, many=False)
    assert in_one_order(ours) == without_what_is_meant(theirs, set())
    assert ours["meta"] == theirs["meta"]


def test_dids_are_as_the_library_would_show_them(reader: Program) -> None:
    path = "/dids?page[size]=100"
    ours = reader.get(path)
    rows = Did.objects.order_by("number", "pk")[:100]
    theirs = by_the_library(DidViewSet, path, rows)
    assert in_one_order(ours) == without_what_is_meant(theirs, set())
