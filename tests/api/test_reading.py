"""Lists and reads: shapes, filters, sorts, includes, sparse fields, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Program
from trunks.models import Did, Trunk

TRUNKS = "/voice_out_trunks"
pytestmark = pytest.mark.usefixtures("pulled")


def names(document: dict[str, Any], attribute: str = "name") -> list[Any]:
    return [resource["attributes"][attribute] for resource in document["data"]]


def ids(document: dict[str, Any]) -> set[str]:
    return {resource["id"] for resource in document["data"]}


def test_a_list_is_upstreams_own_but_for_passwords(reader: Program, sandbox: Any) -> None:
    shown = {r["id"]: r for r in reader.get(f"{TRUNKS}?page[size]=1000")["data"]}
    real = {trunk["id"]: trunk for trunk in sandbox.trunks()}
    assert set(shown) == set(real)
    for id_, trunk in real.items():
        expected = trunk["attributes"]
        method = expected["authentication_method"]
        if "password" in method["attributes"]:
            method["attributes"]["password"] = None
        assert shown[id_]["attributes"] == expected
        assert list(shown[id_]["attributes"]) == list(expected)
        assert shown[id_]["meta"] == trunk["meta"]


def test_one_trunk_is_the_same_as_in_the_list(reader: Program) -> None:
    for resource in reader.get(TRUNKS)["data"]:
        assert reader.get(f"{TRUNKS}/{resource['id']}")["data"] == resource


def test_meta_counts_all_and_names_the_version(reader: Program) -> None:
    page = reader.get(f"{TRUNKS}?page[size]=7")
    assert page["meta"] == {"total_records": Trunk.objects.count(), "api_version": "2026-04-16"}
    assert list(page) == ["data", "meta", "links"]


def test_links_lead_through_all_pages_and_keep_the_query(reader: Program) -> None:
    seen: list[str] = []
    url: str | None = f"{TRUNKS}?sort=-name&page[size]=6"
    while url:
        page = reader.get(url)
        seen += names(page)
        following = page["links"].get("next")
        url = following.removeprefix("http://testserver/api/v3") if following else None
    assert len(seen) == Trunk.objects.count()
    assert seen == sorted(seen, reverse=True)
    assert set(page["links"]) == {"first", "last", "prev"}
    assert "page%5Bsize%5D=6" in page["links"]["prev"]
    assert "sort=-name" in page["links"]["prev"]


def test_a_page_beyond_the_end_is_empty(reader: Program) -> None:
    page = reader.get(f"{TRUNKS}?page[number]=999999999&page[size]=1000")
    assert page["data"] == []
    assert page["meta"]["total_records"] == Trunk.objects.count()


def test_linkage_stands_only_where_it_was_included(reader: Program, sandbox: Any) -> None:
    page = reader.get(f"{TRUNKS}?include=dids&page[size]=1000")
    real = {trunk["id"]: trunk for trunk in sandbox.trunks()}
    assert any(real[r["id"]]["dids"] for r in page["data"])
    for resource in page["data"]:
        linked = [d["id"] for d in resource["relationships"]["dids"]["data"]]
        assert sorted(linked) == sorted(real[resource["id"]]["dids"])
        assert "data" not in resource["relationships"]["emergency_dids"]
    known = {did["id"]: did for did in page["included"]}
    assert set(known) == {id_ for trunk in real.values() for id_ in trunk["dids"]}
    did = next(iter(known.values()))
    assert did["attributes"] == {
        name: value
        for name, value in (sandbox.did(did["id"]) or {})["attributes"].items()
        if name in did["attributes"]
    }
    assert len(did["attributes"]) == 12
    assert len(did["relationships"]) == 10


def test_included_is_there_even_when_nothing_is_linked(reader: Program) -> None:
    trunk = next(t for t in Trunk.objects.all() if not t.dids.exists())
    document = reader.get(f"{TRUNKS}/{trunk.pk}?include=dids,emergency_dids")
    assert document["included"] == [] or trunk.emergency_dids.exists()
    assert document["data"]["relationships"]["dids"]["data"] == []


def test_fields_prune_attributes_and_relationships(reader: Program) -> None:
    page = reader.get(f"{TRUNKS}?fields[voice_out_trunks]=name,dids&include=dids&fields[dids]=id")
    for resource in page["data"]:
        assert set(resource["attributes"]) == {"name"}
        assert set(resource["relationships"]) == {"dids"}
    assert all(set(did) == {"id", "type"} for did in page["included"])


def test_what_upstream_left_out_is_left_out(reader: Program, trunk_with: Any) -> None:
    id_ = trunk_with(name="Sparse", absent=["rtp_timeout", "callback_url"])
    key = str(reader.token)
    answer = reader.http.get(f"/api/v3{TRUNKS}/{id_}", headers={"Api-Key": key})
    attributes = answer.json()["data"]["attributes"]
    assert "rtp_timeout" not in attributes
    assert "callback_url" not in attributes
    assert attributes["external_reference_id"] is None


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("filter[status]=blocked", lambda a: a["status"] == "blocked"),
        ("filter[threshold_reached]=false", lambda a: not a["threshold_reached"]),
        ("filter[allow_any_did_as_cli]=True", lambda a: a["allow_any_did_as_cli"]),
        ("filter[default_dst_action]=reject_all", lambda a: a["default_dst_action"] != "allow_all"),
        ("filter[media_encryption_mode]=disabled", lambda a: a["media_encryption_mode"][0] == "d"),
        (
            "filter[on_cli_mismatch_action]=reject_call",
            lambda a: a["on_cli_mismatch_action"] == "reject_call",
        ),
        (
            "filter[authentication_method.type]=twilio,ip_only",
            lambda a: a["authentication_method"]["type"] in ("twilio", "ip_only"),
        ),
        (
            "filter%5Bauthentication_method.type%5D=twilio"
            "&filter%5Bauthentication_method.type%5D=ip_only",
            lambda a: a["authentication_method"]["type"] in ("twilio", "ip_only"),
        ),
        ("filter[external_reference_id]=", lambda a: a["external_reference_id"] is None),
        ("filter[name_contains]=A", lambda a: "a" in a["name"].lower()),
    ],
)
def test_filters_find_what_they_say(reader: Program, query: str, matches: Any) -> None:
    everything = reader.get(f"{TRUNKS}?page[size]=1000")["data"]
    expected = {r["id"] for r in everything if matches(r["attributes"])}
    assert ids(reader.get(f"{TRUNKS}?page[size]=1000&{query}")) == expected


def test_filters_by_id_name_and_address(reader: Program) -> None:
    one, two = Trunk.objects.order_by("pk")[:2]
    assert ids(reader.get(f"{TRUNKS}?filter[id]={one.pk},{two.pk}")) == {str(one.pk), str(two.pk)}
    assert ids(reader.get(f"{TRUNKS}?filter[name]={one.name}")) == {str(one.pk)}
    network = Trunk.objects.filter(networks__isnull=False).values_list("networks__cidr", flat=True)
    assert reader.get(f"{TRUNKS}?filter[admitting]={network[0]}")["data"]
    assert ids(reader.get(f"{TRUNKS}?filter[matching]={one.name}")) == {str(one.pk)}


@pytest.mark.parametrize("sort", ["name", "created_at", "external_reference_id"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_sorts_put_null_beyond_every_value(reader: Program, sort: str, sign: str) -> None:
    values = names(reader.get(f"{TRUNKS}?sort={sign}{sort}&page[size]=1000"), sort)
    expected = sorted(values, key=lambda v: (v is None, v or ""), reverse=bool(sign))
    assert values == expected


def test_a_tombstone_is_nowhere(reader: Program, sandbox: Any, pulled: Any) -> None:
    trunk = Trunk.objects.order_by("pk")[0]
    Trunk.objects.filter(pk=trunk.pk).update(
        gone_at="2026-11-23T00:00:00Z", auth_password=None, unknown=None
    )
    assert str(trunk.pk) not in ids(reader.get(f"{TRUNKS}?page[size]=1000"))
    assert reader.refusal("GET", f"{TRUNKS}/{trunk.pk}").brief == (404, "404")
    assert reader.refusal("GET", f"{TRUNKS}/{trunk.pk}/dids").brief == (404, "404")


def test_dids_come_by_number_and_can_be_found(reader: Program) -> None:
    page = reader.get("/dids?page[size]=100")
    numbers = names(page, "number")
    assert numbers == sorted(numbers)
    assert page["meta"]["total_records"] == Did.objects.count()
    one = page["data"][3]
    assert reader.get(f"/dids/{one['id']}")["data"] == one
    assert ids(reader.get(f"/dids?filter[number]={numbers[0]},{numbers[1]}")) == {
        page["data"][0]["id"],
        page["data"][1]["id"],
    }
    reader.get("/dids?filter[billing_cycles_count]=&filter[terminated]=false&sort=-expires_at")


def test_dids_are_not_written_here(program: Program) -> None:
    id_ = program.get("/dids?page[size]=1")["data"][0]["id"]
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        assert program.refusal(method, f"/dids/{id_}", {"data": None}).brief == (405, "405")
    assert program.refusal("POST", "/dids", {"data": None}).brief == (405, "405")


def test_a_trunks_numbers_have_urls_of_their_own(reader: Program) -> None:
    trunk = next(t for t in Trunk.objects.all() if t.dids.count() > 1)
    resource = reader.get(f"{TRUNKS}/{trunk.pk}")["data"]
    links = resource["relationships"]["dids"]["links"]
    related = reader.get(links["related"].removeprefix("http://testserver/api/v3"))
    linkage = reader.get(links["self"].removeprefix("http://testserver/api/v3"))
    expected = {str(did.pk) for did in trunk.dids.all()}
    assert ids(related) == expected
    assert {identifier["id"] for identifier in linkage["data"]} == expected
    assert linkage["links"] == links
