"""Lists and reads: filters, sorts, includes, sparse fields, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, by_address
from trunks.sandbox import Sandbox

TRUNKS = "/voice_out_trunks"


def _names(document: dict[str, Any], attribute: str = "name") -> list[Any]:
    return [resource["attributes"][attribute] for resource in document["data"]]


def _ids(document: dict[str, Any]) -> list[str]:
    return [resource["id"] for resource in document["data"]]


def test_a_list_has_fifty_to_a_page_and_says_how_many_there_are(reader: Client) -> None:
    page = reader.get(TRUNKS)
    assert len(page["data"]) == 50
    assert page["meta"] == {"total_records": 120, "api_version": "2026-04-16"}
    assert set(page["links"]) == {"first", "last", "next"}


def test_links_lead_through_all_pages_and_keep_the_query(reader: Client) -> None:
    seen: list[str] = []
    url: str | None = f"{TRUNKS}?sort=name&page[size]=50"
    while url:
        page = reader.get(url)
        seen += _names(page)
        following = page["links"].get("next")
        url = following.removeprefix(reader.sandbox.url) if following else None
    assert len(seen) == 120
    assert seen == sorted(seen)
    assert "sort=name" in page["links"]["prev"]
    assert "page%5Bnumber%5D=2&page%5Bsize%5D=50" in page["links"]["prev"]


def test_a_page_beyond_the_end_is_empty(reader: Client) -> None:
    page = reader.get(f"{TRUNKS}?page[number]=99")
    assert page["data"] == []
    assert page["meta"]["total_records"] == 120


@pytest.mark.parametrize(("path", "most"), [(TRUNKS, 1000), ("/dids", 100)])
def test_the_largest_page_is_the_documented_one(reader: Client, path: str, most: int) -> None:
    reader.get(f"{path}?page[size]={most}")
    status, errors = reader.refusal("GET", f"{path}?page[size]={most + 1}")
    assert (status, errors[0]["code"]) == (400, "118")


@pytest.mark.parametrize(
    ("query", "code", "detail"),
    [
        ("filter[bogus]=1", "102", "bogus is not allowed."),
        ("filter[dids.id]=1", "102", "dids.id is not allowed."),
        ("filter[status]=asleep", "107", "asleep is not a valid value for status."),
        ("filter[threshold_reached]=True", "107", "True is not a valid value"),
        ("filter[default_did.id]=unknown", "107", "unknown is not a valid value"),
        ("sort=created", "114", "created is not a valid sort criteria for voice_out_trunks"),
        ("include=default_did", "112", "default_did is not a valid includable relationship of"),
        ("include=dids.trunk", "112", "trunk is not a valid includable relationship of dids"),
        ("fields[voice_out_trunks]=colour", "104", "colour is not a valid field for"),
        ("fields[elephants]=name", "101", "elephants is not a valid resource."),
        ("page[number]=0", "118", "0 is not a valid value for number page parameter."),
        ("page[size]=many", "118", "many is not a valid value for size page parameter."),
        ("page[offset]=2", "105", "offset is not an allowed page parameter."),
        ("page=2", "117", "Invalid Page Object."),
    ],
)
def test_it_refuses_a_query_it_does_not_know(
    reader: Client, query: str, code: str, detail: str
) -> None:
    status, errors = reader.refusal("GET", f"{TRUNKS}?{query}")
    assert status == 400
    assert errors[0]["code"] == code
    assert errors[0]["detail"].startswith(detail)


def _method_type(trunk: dict[str, Any]) -> str:
    return str(trunk["attributes"]["authentication_method"]["type"])


def _is(name: str, value: Any) -> Any:
    return lambda trunk: trunk["attributes"][name] == value


@pytest.mark.parametrize(
    ("query", "is_meant"),
    [
        ("filter[status]=blocked", _is("status", "blocked")),
        ("filter[threshold_reached]=true", _is("threshold_reached", True)),
        ("filter[allow_any_did_as_cli]=true", _is("allow_any_did_as_cli", True)),
        ("filter[default_dst_action]=reject_all", _is("default_dst_action", "reject_all")),
        ("filter[media_encryption_mode]=srtp_sdes", _is("media_encryption_mode", "srtp_sdes")),
        (
            "filter[on_cli_mismatch_action]=reject_call",
            _is("on_cli_mismatch_action", "reject_call"),
        ),
        ("filter[external_reference_id]=crm-4003", _is("external_reference_id", "crm-4003")),
        ("filter[authentication_method.type]=twilio", lambda t: _method_type(t) == "twilio"),
        (
            "filter[authentication_method.type]=twilio,ip_only",
            lambda t: _method_type(t) in ("twilio", "ip_only"),
        ),
        ("filter[name_contains]=kestrel", lambda t: "Kestrel" in t["attributes"]["name"]),
    ],
)
def test_a_filter_shows_all_that_match_and_nothing_else(
    reader: Client, busy: Sandbox, query: str, is_meant: Any
) -> None:
    page = reader.get(f"{TRUNKS}?page[size]=1000&{query}")
    expected = [trunk["id"] for trunk in busy.trunks() if is_meant(trunk)]
    assert expected
    assert _ids(page) == expected
    assert page["meta"]["total_records"] == len(expected)


def test_a_name_is_found_whole_only(reader: Client, busy: Sandbox) -> None:
    trunk = busy.trunks()[7]
    name = trunk["attributes"]["name"]
    assert _ids(reader.get(f"{TRUNKS}?filter[name]={name}")) == [trunk["id"]]
    assert _ids(reader.get(f"{TRUNKS}?filter[name]={name[:-1]}")) == []


def test_ids_are_a_list(reader: Client, busy: Sandbox) -> None:
    ids = [trunk["id"] for trunk in busy.trunks()][3:6]
    assert _ids(reader.get(f"{TRUNKS}?filter[id]={','.join(ids)},unknown")) == ids


def test_a_default_did_can_be_found_though_not_read(reader: Client, busy: Sandbox) -> None:
    trunk = next(trunk for trunk in busy.trunks() if trunk["default_did"])
    page = reader.get(f"{TRUNKS}?filter[default_did.id]={trunk['default_did']}")
    assert trunk["id"] in _ids(page)
    assert "default_did" not in page["data"][0]["relationships"]


def test_sorting_takes_several_fields_and_puts_null_last(reader: Client) -> None:
    page = reader.get(f"{TRUNKS}?page[size]=1000&sort=-threshold_reached,name")
    keys = [
        (not t["attributes"]["threshold_reached"], t["attributes"]["name"]) for t in page["data"]
    ]
    assert keys == sorted(keys)
    references = _names(
        reader.get(f"{TRUNKS}?page[size]=1000&sort=external_reference_id"), "external_reference_id"
    )
    known = [reference for reference in references if reference]
    assert references == sorted(known) + [None] * (len(references) - len(known))


def test_without_include_there_is_no_linkage(reader: Client) -> None:
    document = reader.get(TRUNKS)
    assert "included" not in document
    for trunk in document["data"]:
        for relation in trunk["relationships"].values():
            assert set(relation) == {"links"}


def test_included_numbers_are_complete_and_come_once(reader: Client, busy: Sandbox) -> None:
    document = reader.get(f"{TRUNKS}?page[size]=1000&include=dids,emergency_dids")
    included = [did["id"] for did in document["included"]]
    assert len(included) == len(set(included))
    linked: set[str] = set()
    for shown, stored in zip(document["data"], busy.trunks(), strict=True):
        ids = [did["id"] for did in shown["relationships"]["dids"]["data"]]
        assert ids == stored["dids"]
        linked |= {*ids, *stored["emergency_dids"]}
    assert linked <= set(included)


def test_an_include_may_lead_further(reader: Client, busy: Sandbox) -> None:
    trunk = next(trunk for trunk in busy.trunks() if trunk["dids"])
    path = f"{TRUNKS}/{trunk['id']}?include=dids.did_group.country,dids.did_group.city"
    document = reader.get(path)
    types = {resource["type"] for resource in document["included"]}
    assert types == {"dids", "did_groups", "countries", "cities"}
    did = next(resource for resource in document["included"] if resource["type"] == "dids")
    assert did["relationships"]["did_group"]["data"]["type"] == "did_groups"
    assert "data" not in did["relationships"]["order"]


def test_what_is_listed_is_not_included_again(reader: Client) -> None:
    path = "/countries?include=regions.country"
    document = reader.send("GET", path, is_checked=False).json()
    assert {resource["type"] for resource in document["data"]} == {"countries"}
    assert {resource["type"] for resource in document["included"]} == {"regions"}


def test_sparse_fields_prune_attributes_and_relationships(reader: Client) -> None:
    document = reader.get(f"{TRUNKS}?fields[voice_out_trunks]=id,name,dids")
    trunk = document["data"][0]
    assert set(trunk["attributes"]) == {"name"}
    assert set(trunk["relationships"]) == {"dids"}
    bare = reader.get(f"{TRUNKS}?fields[voice_out_trunks]=id")["data"][0]
    assert set(bare) == {"id", "type", "meta"}


def test_sparse_fields_reach_the_included(reader: Client) -> None:
    document = reader.get(
        "/dids?include=did_group&fields[did_groups]=area_name&fields[dids]=number"
    )
    assert set(document["included"][0]["attributes"]) == {"area_name"}
    assert set(document["data"][0]["attributes"]) == {"number"}


def test_related_resources_have_addresses_of_their_own(reader: Client, busy: Sandbox) -> None:
    trunk = next(trunk for trunk in busy.trunks() if trunk["dids"])
    shown = reader.get(f"{TRUNKS}/{trunk['id']}")["data"]["relationships"]["dids"]["links"]
    for name, link in shown.items():
        answer = reader.send("GET", link.removeprefix(busy.url), is_checked=False)
        document = answer.json()
        assert sorted(d["id"] for d in document["data"]) == sorted(trunk["dids"]), name
    group = reader.send("GET", f"/dids/{trunk['dids'][0]}/did_group", is_checked=False)
    assert group.json()["data"]["type"] == "did_groups"


def test_numbers_come_in_order_of_number(reader: Client) -> None:
    numbers = _names(reader.get("/dids?page[size]=100"), "number")
    assert numbers == sorted(numbers)
    assert _names(reader.get("/dids?sort=-number&page[size]=1"), "number")[0] >= numbers[-1]


def test_numbers_that_can_call_out_are_found_by_feature(reader: Client, busy: Sandbox) -> None:
    path = "/dids?include=did_group&page[size]=100&filter[did_group.features]=voice_out,emergency"
    document = reader.get(path)
    assert document["data"]
    for group in document["included"]:
        assert {"voice_out", "emergency"} <= set(group["attributes"]["features"])
    outbound = reader.get("/dids?page[size]=1&filter[did_group.features]=voice_out")
    assert 0.8 < outbound["meta"]["total_records"] / 300 < 0.97
    assert reader.refusal("GET", "/dids?filter[did_group.features]=fly")[1][0]["code"] == "107"


def test_numbers_are_found_by_what_they_are(reader: Client, busy: Sandbox) -> None:
    first, second = busy.dids()[:2]
    numbers = [did["attributes"]["number"] for did in (first, second)]
    found = reader.get(f"/dids?filter[number]={','.join(numbers)}")
    assert sorted(_names(found, "number")) == sorted(numbers)
    assert reader.get(f"/dids?filter[number]={numbers[0][:-1]}")["data"] == []
    for name in ("blocked", "terminated", "awaiting_registration", "emergency_enabled"):
        page = reader.get(f"/dids?page[size]=100&filter[{name}]=true")
        assert set(_names(page, name)) == {True}
    word = reader.get("/dids?page[size]=100&filter[description]=HOTLINE")
    assert all("hotline" in text for text in _names(word, "description"))


def test_numbers_are_found_by_where_they_are(reader: Client, busy: Sandbox) -> None:
    document = reader.get("/dids?page[size]=100&include=did_group.country,did_group.city,order")
    country = next(r for r in document["included"] if r["type"] == "countries")
    found = reader.get(
        f"/dids?page[size]=100&include=did_group.country&filter[country.id]={country['id']}"
    )
    assert {r["id"] for r in found["included"] if r["type"] == "countries"} == {country["id"]}
    did = busy.dids()[0]
    group = did["did_group"]
    by_group = reader.get(f"/dids?page[size]=100&filter[did_group.id]={group}")
    assert did["id"] in _ids(by_group)
    order = next(r for r in document["included"] if r["type"] == "orders")
    by_order = reader.get(f"/dids?filter[order.reference]={order['attributes']['reference']}")
    assert by_order["meta"]["total_records"] > 0


@pytest.mark.parametrize(
    "name",
    [
        "address_verification.id",
        "billing_cycles_count",
        "capacity_pool.id",
        "city.id",
        "emergency_calling_service.id",
        "id",
        "order.id",
        "region.id",
        "shared_capacity_group.id",
        "trunk.id",
        "trunk_group.id",
        "voice_in_trunk.id",
        "voice_in_trunk_group.id",
    ],
)
def test_the_other_documented_filters_are_accepted(reader: Client, name: str) -> None:
    page = reader.get(f"/dids?filter[{name}]=0a161808-bb05-42b1-8398-7888abdfa9ef,x")
    assert page["data"] == []


def test_a_number_is_read_alone_with_everything_around_it(reader: Client, busy: Sandbox) -> None:
    did = next(did for did in busy.dids() if did["emergency_calling_service"])
    path = (
        f"/dids/{did['id']}?include=did_group,order,capacity_pool,shared_capacity_group,"
        "address_verification,voice_in_trunk,voice_in_trunk_group,emergency_calling_service,"
        "emergency_verification,identity"
    )
    document = reader.get(path)
    relations = document["data"]["relationships"]
    assert len(relations) == 10
    assert relations["identity"]["data"] is None
    types = {resource["type"] for resource in document["included"]}
    assert {"did_groups", "orders", "emergency_calling_services"} <= types


def test_the_balance_is_a_singleton(reader: Client) -> None:
    attributes = reader.get("/balance")["data"]["attributes"]
    assert attributes == {"balance": "4210.35", "credit": "1000.00", "total_balance": "5210.35"}
    assert set(reader.get("/balance?fields[balances]=credit")["data"]["attributes"]) == {"credit"}


def test_an_unknown_trunk_is_not_found(reader: Client) -> None:
    unknown = "0a161808-bb05-42b1-8398-7888abdfa9ef"
    status, errors = reader.refusal("GET", f"{TRUNKS}/{unknown}")
    assert status == 404
    assert errors == [
        {
            "title": "Record not found",
            "detail": f"The record identified by {unknown} could not be found.",
            "code": "404",
            "status": "404",
        }
    ]


def test_the_same_counts_give_the_same_account(busy: Sandbox) -> None:
    with Sandbox(trunks=120, dids=300) as again:
        assert again.trunks() == busy.trunks()
        assert again.dids() == busy.dids()
    with Sandbox(trunks=5, dids=300) as fewer:
        assert [t["id"] for t in fewer.trunks()] == [t["id"] for t in busy.trunks()[:5]]


def test_the_seeded_account_looks_like_a_companys(busy: Sandbox) -> None:
    trunks = busy.trunks()
    types = [_method_type(trunk) for trunk in trunks]
    assert 0.6 < types.count("credentials_and_ip") / 120 < 0.8
    assert min(types.count("ip_only"), types.count("twilio")) > 5
    assert len({trunk["attributes"]["name"] for trunk in trunks}) == 120
    over = [trunk for trunk in trunks if trunk["attributes"]["threshold_reached"]]
    assert over
    assert {trunk["attributes"]["status"] for trunk in over} == {"blocked"}
    known = {did["id"]: did for did in busy.dids()}
    for trunk in trunks:
        for id_ in trunk["dids"]:
            assert not known[id_]["attributes"]["awaiting_registration"]


def test_seeded_trunks_could_have_been_sent_as_they_are(busy: Sandbox, client: Client) -> None:
    """What upstream would refuse must not be in the seed, or no edit of it could ever pass."""
    for number, trunk in enumerate(busy.trunks()):
        attributes = trunk["attributes"]
        own = ("created_at", "threshold_reached", "authentication_method")
        sent = {name: value for name, value in attributes.items() if name not in own}
        if sent["on_cli_mismatch_action"] == "replace_cli":
            sent["on_cli_mismatch_action"] = "reject_call"
        sent["authentication_method"] = by_address(f"10.0.0.{number}")
        if _method_type(trunk) == "credentials_and_ip":
            sub = attributes["authentication_method"]["attributes"]
            prefix = {"tech_prefix": sub["tech_prefix"]}
            sent["authentication_method"] = by_address(*sub["allowed_sip_ips"], **prefix)
        created = client.create(**sent)["attributes"]
        assert {n: created[n] for n in sent if n != "authentication_method"} == {
            n: v for n, v in sent.items() if n != "authentication_method"
        }
