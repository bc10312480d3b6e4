"""What upstream says when it refuses is kept and shown, however rude its bytes are."""

import dataclasses
import json
from typing import Any

import pytest

from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put
from trunks.models import Change
from trunks.services.delivering import deliver
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit

pytestmark = pytest.mark.django_db
REFUSALS = {
    "nul": b'{"errors":[{"title":"a\\u0000b","detail":"x\\u0000","status":"422"}]}',
    "surrogate": b'{"errors":[{"title":"\\ud800","detail":"\\udfff"}]}',
    "nan": b'{"errors":[{"title":"t","meta":NaN}]}',
    "deep": b'{"errors":[{"title":"t","meta":' + b"[" * 300 + b"]" * 300 + b"}]}",
    "endless": json.dumps({"errors": [{"title": "t" * 9000}] * 900}).encode(),
}


@pytest.fixture
def rude(sandbox, monkeypatch):
    """`rude(method, part of a path, status, body, **headers)`: what upstream answers to it."""
    polite = sandbox.upstream.handle
    said: dict[tuple[str, str], Any] = {}

    def handle(request):
        for (method, part), (status, body, headers) in said.items():
            if request.method == method and part in request.path:
                answer = polite(request)
                headers = {**answer.headers, **headers}
                return dataclasses.replace(answer, status=status, body=body, headers=headers)
        return polite(request)

    def say(method, part, status, body, **headers):
        said[method, part] = (status, body, headers)

    monkeypatch.setattr(sandbox.upstream, "handle", handle)
    return say


def edited(account, seats=17):
    trunk = account.trunks.filter(capacity_limit__lt=17).first()
    patch = {"capacity_limit": Put(seats)}
    return deliver(submit(propose(trunk, patch, actor=SYSTEM, origin="api"), actor=SYSTEM))


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_in_any_words_settles_its_change_and_can_be_read(
    client_of, sam, pulled, rude, body
):
    rude("PATCH", "voice_out_trunks", 422, body)
    change = edited(pulled)
    assert change.state == Change.State.REFUSED
    assert len(json.dumps(change.errors)) < 500_000
    for path in (f"changes/{change.pk}/", f"trunks/{change.trunk_id}/", "", "changes/"):
        assert client_of(sam).get(f"/staff/{path}").status_code == 200


@pytest.mark.parametrize("version", ["a\\u0000b", "\\ud800"])
def test_a_version_in_any_words_pauses_the_account_and_can_be_read(
    client_of, sam, pulled, rude, version
):
    body = f'{{"data":[],"meta":{{"api_version":"{version}"}}}}'.encode()
    rude("GET", "voice_out_trunks", 200, body)
    assert pull(pulled).state == "failed"
    assert client_of(sam).get("/staff/accounts/").status_code == 200


@pytest.mark.parametrize("balance", ['"\\ud800"', '"1\\u0000"', '{"a": [1]}'])
def test_a_balance_in_any_words_fails_no_pull(client_of, sam, pulled, rude, balance):
    body = f'{{"data":{{"attributes":{{"balance":{balance}}}}}}}'.encode()
    rude("GET", "balance", 200, body)
    assert pull(pulled).state == "done"
    assert client_of(sam).get("/staff/accounts/").status_code == 200


def test_a_request_id_of_odd_bytes_is_kept(pulled, rude):
    rude(
        "PATCH", "voice_out_trunks", 422, REFUSALS["nul"], **{"X-Request-Id": "a\x00b\x1b[31m\xe9"}
    )
    change = edited(pulled)
    assert change.state == Change.State.REFUSED
    assert "\x00" not in change.request_id


@pytest.mark.parametrize("total", ["-5", "99999999999999999999"])
def test_a_count_that_no_list_has_fails_the_pull_and_nothing_more(pulled, rude, total):
    rude(
        "GET", "voice_out_trunks", 200, f'{{"data":[],"meta":{{"total_records":{total}}}}}'.encode()
    )
    run = pull(pulled)
    assert run.state == "failed"
    assert "makes no sense" in run.error
