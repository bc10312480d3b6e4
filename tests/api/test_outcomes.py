"""What a program is told when a write does not simply succeed, and what it may wait for."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from tests.api.conftest import Program, by_address, regenerate_body, trunk_body, update_body
from trunks.models import Account, Change, Trunk
from trunks.services.delivering import deliver

TRUNKS = "/voice_out_trunks"
pytestmark = pytest.mark.usefixtures("pulled")


@pytest.fixture
def trunk(sandbox: Any) -> str:
    sandbox.clear_requests()
    return str(Trunk.objects.filter(auth_type="credentials_and_ip").order_by("pk")[0].pk)


def change_at(url: str) -> str:
    return url.rpartition("/")[2]


def test_without_upstream_nothing_is_sent_and_nothing_left_behind(
    program: Program, sandbox: Any, trunk: str
) -> None:
    sandbox.fault("status", status=503, times=None)
    refused = program.refusal("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="x"))
    assert refused.brief == (503, "upstream_unavailable")
    assert int(refused.answer["Retry-After"]) > 0
    assert Change.objects.get().state == "cancelled"
    assert all(request["method"] == "GET" for request in sandbox.requests)


def test_trouble_with_our_key_is_not_passed_on(program: Program, sandbox: Any, trunk: str) -> None:
    sandbox.fault("status", status=401, times=None)
    for _ in range(2):
        refused = program.refusal("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="x"))
        assert refused.brief == (503, "upstream_unavailable")
    assert Account.objects.get().pause == "trouble"
    assert set(Change.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "cut"])
def test_a_write_without_an_answer_names_its_change(
    program: Program, sandbox: Any, trunk: str, kind: str
) -> None:
    sandbox.fault(kind, method="PATCH", times=None)
    sandbox.fault("status", status=503, times=None, after=1, method="GET")
    refused = program.refusal("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="x"))
    assert refused.brief == (504, "upstream_outcome_unknown")
    url = refused.errors[0]["meta"]["change"]
    assert refused.answer["Location"] == url
    shown = program.get(f"/changes/{change_at(url)}")["data"]
    assert shown["attributes"]["state"] == "delivering"
    assert shown["attributes"]["settled_at"] is None


def test_a_conflict_names_each_field_and_all_three_values(
    program: Program, sandbox: Any, trunk: str
) -> None:
    seen = Trunk.objects.get(pk=trunk)
    sandbox.change_trunk(trunk, name="Theirs", rtp_timeout=99)
    body = update_body(trunk, name="Ours", rtp_timeout=55)
    refused = program.refusal("PATCH", f"{TRUNKS}/{trunk}", body)
    assert refused.brief == (409, "conflict")
    assert refused.pointers == {"/data/attributes/name", "/data/attributes/rtp_timeout"}
    about = next(e["meta"] for e in refused.errors if e["source"]["pointer"].endswith("/name"))
    assert about["base"] == seen.name
    assert about["ours"] == "Ours"
    assert about["theirs"] == "Theirs"
    shown = program.get(f"/changes/{change_at(about['change'])}")["data"]
    assert shown["attributes"]["state"] == "conflicted"
    assert program.get(f"{TRUNKS}/{trunk}")["data"]["attributes"]["name"] == "Theirs"
    assert program.send("PATCH", f"{TRUNKS}/{trunk}", body).status_code == 200


def test_an_earlier_change_in_the_way_is_a_409(
    program: Program, sandbox: Any, trunk: str, settings: Any
) -> None:
    settings.API_WRITE_SECONDS = 0.6
    sandbox.fault("drop_after", method="PATCH")
    sandbox.fault("status", status=503, times=1, after=1, method="GET")
    program.refusal("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="First"))
    sandbox.clear_faults()
    refused = program.refusal("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, rtp_timeout=44))
    assert refused.brief == (409, "change_in_progress")
    assert Change.objects.order_by("created_at").last().state == "cancelled"  # type: ignore[union-attr]


def test_upstreams_status_is_the_answers_status(program: Program, sandbox: Any, trunk: str) -> None:
    sandbox.fault("status", status=409, method="PATCH")
    refused = program.refusal("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="x"))
    assert refused.status == 409
    assert refused.errors[0]["title"] == "Refused"


# --- respond-async ---


def test_respond_async_only_submits(program: Program, sandbox: Any, trunk: str) -> None:
    answer = program.send(
        "PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="Later"), Prefer="respond-async"
    )
    assert answer.status_code == 202
    assert answer["Preference-Applied"] == "respond-async"
    data = json.loads(answer.content)["data"]
    assert answer["Location"].endswith(f"/api/v3/changes/{data['id']}")
    assert data["attributes"]["state"] == "pending"
    assert data["relationships"]["voice_out_trunk"]["data"]["id"] == trunk
    assert not sandbox.requests
    deliver(Change.objects.get(pk=data["id"]))
    shown = program.get(f"/changes/{data['id']}")["data"]["attributes"]
    assert (shown["state"], shown["attempts"]) == ("applied", 1)
    assert sandbox.trunk(trunk)["attributes"]["name"] == "Later"


def test_every_write_may_be_async(program: Program, sandbox: Any, trunk: str) -> None:
    prefer = "handling=lenient, Respond-Async; wait=10"
    for method, path, body, kind in [
        ("POST", TRUNKS, trunk_body(name="Born later"), "create"),
        ("POST", "/voice_out_trunk_regenerate_credentials", regenerate_body(trunk), "regenerate"),
        ("PATCH", f"{TRUNKS}/{trunk}/relationships/dids", {"data": []}, "update"),
        ("DELETE", f"{TRUNKS}/{trunk}", None, "delete"),
    ]:
        answer = program.send(method, path, body, Prefer=prefer)
        assert answer.status_code == 202, answer.content
        attributes = json.loads(answer.content)["data"]["attributes"]
        assert (attributes["kind"], attributes["origin"]) == (kind, "api")
    assert not sandbox.requests


def test_an_unborn_trunk_is_a_null_linkage(program: Program) -> None:
    answer = program.send("POST", TRUNKS, trunk_body(name="Unborn"), Prefer="respond-async")
    id_ = json.loads(answer.content)["data"]["id"]
    assert program.get(f"/changes/{id_}/voice_out_trunk")["data"] is None
    assert program.get(f"/changes/{id_}/relationships/voice_out_trunk")["data"] is None
    deliver(Change.objects.get(pk=id_))
    shown = program.get(f"/changes/{id_}/voice_out_trunk")["data"]
    assert shown["attributes"]["name"] == "Unborn"
    linkage = program.get(f"/changes/{id_}/relationships/voice_out_trunk")["data"]
    assert linkage == {"type": "voice_out_trunks", "id": shown["id"]}


def test_a_refused_plan_is_a_422_also_when_async(program: Program, trunk: str) -> None:
    answer = program.send(
        "PATCH",
        f"{TRUNKS}/{trunk}",
        update_body(trunk, authentication_method=by_address("nowhere")),
        Prefer="respond-async",
    )
    assert answer.status_code == 422
    assert not Change.objects.exists()


# --- changes, accounts, syncs ---


def test_changes_are_listed_latest_first_and_filtered(
    program: Program, reader: Program, trunk: str
) -> None:
    program.send("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, name="One"))
    program.send("PATCH", f"{TRUNKS}/{trunk}", update_body(trunk, rtp_timeout=77))
    program.create()
    page = reader.get("/changes")
    assert [c["attributes"]["kind"] for c in page["data"]] == ["create", "update", "update"]
    latest = page["data"][1]["attributes"]
    assert latest["diff"] == [{"field": "rtp_timeout", "old": latest["diff"][0]["old"], "new": 77}]
    assert latest["actor"] == "program"
    assert latest["settled_at"].endswith("Z")
    for query, count in [
        (f"filter[voice_out_trunk.id]={trunk}", 2),
        ("filter[kind]=create", 1),
        ("filter[state]=applied,refused", 3),
        ("filter[origin]=staff", 0),
        ("filter[state]=pending", 0),
        ("sort=-settled_at&page[size]=2", 2),
    ]:
        assert len(reader.get(f"/changes?{query}")["data"]) == count, query
    assert reader.refusal("GET", "/changes?filter[state]=done").brief == (400, "107")
    assert reader.refusal("POST", "/changes", {"data": {}}).brief == (405, "405")


def test_accounts_are_shown_without_their_keys(
    reader: Program, account: Account, sandbox: Any
) -> None:
    page = reader.get("/accounts")
    assert page["data"][0] == reader.get(f"/accounts/{account.pk}")["data"]
    assert page["data"][0]["attributes"]["host"] == f"127.0.0.1:{sandbox.port}"
    assert page["data"][0]["attributes"]["pause"] is None
    assert sandbox.api_key not in json.dumps(page)


def test_syncs_tell_of_each_pull(reader: Program, account: Account) -> None:
    sync = reader.get("/syncs")["data"][0]
    assert sync["attributes"]["state"] == "done"
    assert sync["attributes"]["seen"] == Trunk.objects.count()
    assert sync["relationships"]["account"]["data"] == {"type": "accounts", "id": str(account.pk)}
    assert reader.get(f"/syncs/{sync['id']}")["data"] == sync
    assert reader.get(f"/syncs?filter[account.id]={account.pk}&sort=started_at")["data"]


@pytest.mark.django_db(transaction=True)
def test_two_programs_at_once_wait_for_each_other(
    program: Program, sandbox: Any, trunk: str
) -> None:
    sandbox.fault("latency", method="PATCH", seconds=0.5)
    answers: dict[str, int] = {}

    def rename(**attributes: Any) -> None:
        body = update_body(trunk, **attributes)
        answer = Program(program.token).send("PATCH", f"{TRUNKS}/{trunk}", body)
        answers[next(iter(attributes))] = answer.status_code

    first = threading.Thread(target=rename, kwargs={"name": "First"})
    first.start()
    time.sleep(0.2)
    rename(rtp_timeout=88)
    first.join()
    assert answers == {"name": 200, "rtp_timeout": 200}
    assert sandbox.trunk(trunk)["attributes"]["name"] == "First"
    assert sandbox.trunk(trunk)["attributes"]["rtp_timeout"] == 88
