"""Reads that are refused: queries, ids, media types and paths that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Program
from trunks.models import Trunk

TRUNKS = "/voice_out_trunks"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{TRUNKS}?filter[bogus]=1", "102"),
        (f"{TRUNKS}?filter[dids.id]=1", "102"),
        (f"{TRUNKS}?filter[default_did.id]={NOBODY}", "102"),
        (f"{TRUNKS}?filter[status]=asleep", "107"),
        (f"{TRUNKS}?filter[threshold_reached]=maybe", "107"),
        (f"{TRUNKS}?filter[id]=one", "107"),
        (f"{TRUNKS}?filter[name]=%00", "107"),
        (f"{TRUNKS}?filter[admitting]=nowhere", "107"),
        (f"{TRUNKS}?filter=name", "120"),
        (f"{TRUNKS}?sort=capacity_limit", "114"),
        (f"{TRUNKS}?include=default_did", "112"),
        (f"{TRUNKS}?include=dids.did_group", "112"),
        (f"{TRUNKS}?fields[voice_out_trunks]=colour", "104"),
        (f"{TRUNKS}?fields[elephants]=name", "101"),
        (f"{TRUNKS}?fields=name", "119"),
        (f"{TRUNKS}?page[number]=0", "118"),
        (f"{TRUNKS}?page[number]=9999999999", "118"),
        (f"{TRUNKS}?page[size]=1001", "118"),
        (f"{TRUNKS}?page[size]=many", "118"),
        (f"{TRUNKS}?page[offset]=2", "105"),
        (f"{TRUNKS}?page=2", "117"),
        (f"{TRUNKS}?filters[name]=x", "105"),
        (f"{TRUNKS}?filter[]=x", "105"),
        (f"{TRUNKS}?include=dids&include=emergency_dids", "105"),
        (f"{TRUNKS}?sort=--name", "114"),
        ("/dids?page[size]=101", "118"),
        ("/dids?include=did_group", "112"),
        ("/dids?filter[did_group.features]=voice_out", "102"),
        ("/dids?filter[billing_cycles_count]=-1", "107"),
        ("/dids?sort=country", "114"),
    ],
)
def test_it_refuses_a_query_it_cannot_answer(reader: Program, path: str, code: str) -> None:
    assert reader.refusal("GET", path).brief == (400, code)


def test_it_says_that_the_default_did_is_not_mirrored(reader: Program) -> None:
    refused = reader.refusal("GET", f"{TRUNKS}?filter[default_did.id]=x")
    assert "not mirrored" in refused.errors[0]["detail"]


@pytest.mark.parametrize("id_", ["one", "0", NOBODY, "{}", "%00", "a" * 4000, "é"])
def test_an_unknown_id_is_a_404_in_upstreams_words(reader: Program, id_: str) -> None:
    for type_ in ("voice_out_trunks", "dids", "changes", "accounts", "syncs"):
        refused = reader.refusal("GET", f"/{type_}/{id_}")
        assert refused.brief == (404, "404")
        assert refused.errors[0]["title"] == "Record not found"


def test_an_id_has_one_form(reader: Program, pulled: Any) -> None:
    trunk = Trunk.objects.order_by("pk")[0]
    for id_ in (trunk.pk.hex, f"{{{trunk.pk}}}", f"urn:uuid:{trunk.pk}"):
        assert reader.refusal("GET", f"{TRUNKS}/{id_}").brief == (404, "404")
    for id_ in (f"0{pulled.pk}", f"%20{pulled.pk}"):
        assert reader.refusal("GET", f"/accounts/{id_}").brief == (404, "404")
    assert reader.get(f"{TRUNKS}/{str(trunk.pk).upper()}")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/vnd.api+json", 200),
        ("*/*", 200),
        ("application/json", 200),
        ("text/html", 200),
        ("application/vnd.api+json;q=0.8", 200),
        ("application/vnd.api+json; charset=utf-8, application/vnd.api+json", 200),
        ("application/vnd.api+json; charset=utf-8", 406),
        ("text/html, application/vnd.api+json; ext=bulk", 406),
    ],
)
def test_only_media_type_parameters_are_not_acceptable(
    reader: Program, accept: str, status: int
) -> None:
    assert reader.send("GET", TRUNKS, Accept=accept).status_code == status


def test_a_path_that_is_none_of_ours_is_a_404_for_programs(reader: Program) -> None:
    for path in ("/voice_out_trunks/", "/", "/nothing", "/voice_in_trunks", "/a%0Ab/c"):
        assert reader.refusal("GET", path).brief == (404, "404")
    assert Program(None).refusal("GET", "/nothing").brief == (401, "401")
