"""The flight recorder as staff read it: on a change, on an account, and on a page of its own."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from trunks.models import Account, Change, Trunk, UpstreamRequest
from trunks.models.clock import database_now
from trunks.services.pulling import pull
from trunks.web.staff.request_rows import SHOWN


@pytest.fixture
def page(client_of, sam):
    client = client_of(sam)
    return lambda path: client.get(path).content.decode()


def make(account: Account, number: int = 0, **fields: object) -> UpstreamRequest:
    defaults = {
        "account": account,
        "at": database_now() - timedelta(seconds=number),
        "method": "GET",
        "path": f"/voice_out_trunks/{number}",
        "status": 200,
        "milliseconds": 41,
    }
    return UpstreamRequest.objects.create(**{**defaults, **fields})


@pytest.fixture
def change(pulled: Account) -> Change:
    now = database_now()
    return Change.objects.create(
        account=pulled,
        trunk=Trunk.objects.all()[0],
        kind="update",
        state="refused",
        origin="staff",
        actor_kind="staff",
        created_at=now,
        settled_at=now,
    )


def test_a_change_shows_its_requests_in_the_order_in_which_they_left(page, pulled, change):
    make(pulled, 3, change=change, path="/first", problem="upstream answered 502", status=502)
    make(pulled, 2, change=change, path="/second", attempt=2)
    errors = [
        {
            "code": "100",
            "detail": "name - <b>taken</b>",
            "source": {"pointer": "/data/attributes/name"},
        }
    ]
    make(
        pulled,
        1,
        change=change,
        method="PATCH",
        path="/third",
        status=422,
        milliseconds=1234,
        request_id="req-77",
        problem="refused",
        answer=json.dumps({"errors": errors}),
    )
    make(pulled, 1, path="/of-nobody")
    seen = page(f"/staff/changes/{change.pk}/")
    assert seen.index("/first") < seen.index("/second") < seen.index("/third")
    for said in (
        "502",
        "try 2",
        "PATCH",
        "(code 100)",
        "422",
        "1.2 s",
        "req-77",
        "Refused.",
        "41 ms",
    ):
        assert said in seen, said
    assert "name - &lt;b&gt;taken&lt;/b&gt;" in seen
    assert "/data/attributes/name" in seen
    assert "/of-nobody" not in seen


def test_a_change_that_was_never_sent_says_nothing_of_requests(page, change):
    assert "Requests to upstream" not in page(f"/staff/changes/{change.pk}/")


def test_what_was_tried_very_often_is_shown_as_far_as_it_is_of_use(page, pulled, change):
    for number in range(SHOWN + 5):
        make(pulled, number, change=change, path=f"/n{number:03}")
    seen = page(f"/staff/changes/{change.pk}/")
    assert f"/staff/accounts/{pulled.pk}/requests/?change={change.pk}" in seen
    assert f"/n{SHOWN - 1:03}" in seen
    assert f"/n{SHOWN:03}" not in seen


def test_an_account_shows_its_latest_and_leads_to_all(page, pulled):
    UpstreamRequest.objects.all().delete()
    for number in range(30):
        make(pulled, number, path=f"/n{number:03}")
    seen = page(f"/staff/accounts/{pulled.pk}/")
    assert "/n019" in seen
    assert "/n020" not in seen
    assert f'href="/staff/accounts/{pulled.pk}/requests/"' in seen


def test_all_of_an_account_stand_on_pages_newest_first_with_filters(page, pulled, change):
    UpstreamRequest.objects.all().delete()
    for number in range(60):
        make(pulled, number, path=f"/n{number:03}")
    make(pulled, 90, path="/failed", status=None, problem="upstream cannot be reached")
    make(pulled, 91, path="/written", method="DELETE", status=204, change=change)
    base = f"/staff/accounts/{pulled.pk}/requests/"
    first, second = page(base), page(f"{base}?page=2")
    assert "/n000" in first
    assert "/n055" not in first
    assert "/n055" in second
    assert "/written" in second
    failed = page(f"{base}?failed=yes")
    assert "/failed" in failed
    assert "No answer" in failed
    assert "Upstream cannot be reached." in failed
    assert "/n000" not in failed
    written = page(f"{base}?method=DELETE")
    assert "/written" in written
    assert f"/staff/changes/{change.pk}/" in written
    assert "/failed" not in written
    for of, shown in (("change", True), ("pull", False), ("other", False), ("odd", True)):
        assert ("/written" in page(f"{base}?failed=&method=DELETE&of={of}")) == shown, of
    assert "/written" in page(f"{base}?change={change.pk}")
    assert "/n000" not in page(f"{base}?change={change.pk}")
    assert "No request passes these filters" in page(f"{base}?method=POST")
    assert "No request passes these filters" in page(f"{base}?change=nonsense")


def test_nobody_sees_the_requests_of_another_account_there(page, pulled, account):
    other = Account.objects.create(
        name="Other", base_url="x", api_key=account.api_key, fingerprint_key=account.api_key
    )
    make(pulled, path="/ours")
    seen = page(f"/staff/accounts/{other.pk}/requests/")
    assert "/ours" not in seen
    assert "No requests yet" in seen


def test_more_requests_cost_no_more_queries(client_of, sam, pulled, django_assert_num_queries):
    client, url = client_of(sam), f"/staff/accounts/{pulled.pk}/requests/"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    pull(pulled)
    for number in range(40):
        make(pulled, number)
    with django_assert_num_queries(len(few)):
        client.get(url)
