"""Lists are read to their end: smaller pages where upstream wants them, never for ever."""

import pytest

from tests.upstream_client.raw import answer
from trunks.upstream.client import Client
from trunks.upstream.errors import Refused, Unavailable


def seen(client):
    return [resource["id"] for page in client.trunk_pages() for resource in page.resources]


def sizes(sandbox):
    return [int(entry["query"]["page[size]"]) for entry in sandbox.requests]


def test_every_trunk_is_read_once_with_its_linkage(client, sandbox):
    assert sorted(seen(client)) == sorted(trunk["id"] for trunk in sandbox.trunks())
    assert [entry["query"]["include"] for entry in sandbox.requests] == ["dids,emergency_dids"]


def test_pages_are_asked_for_until_the_total_is_reached(client, sandbox):
    pages = list(client.did_pages())
    assert [len(page.resources) for page in pages] == [100, 20]
    assert {page.total for page in pages} == {120}


def test_a_size_that_is_refused_is_made_smaller(client, sandbox):
    sandbox.fault("status", status=400, query="page[size]=1000", times=None)
    assert len(set(seen(client))) == 40
    assert sizes(sandbox) == [1000, 100]


def test_when_every_size_is_refused_the_refusal_is_told(client, sandbox):
    sandbox.fault("status", status=400, path="/voice_out_trunks", times=None)
    with pytest.raises(Refused):
        seen(client)


def test_another_refusal_is_not_about_the_size(client, sandbox):
    sandbox.fault("status", status=406, path="/voice_out_trunks", times=None)
    with pytest.raises(Refused):
        seen(client)
    assert len(sandbox.requests) == 1


def listing(ids, total):
    return answer(200, {"data": [{"id": id_} for id_ in ids], "meta": {"total_records": total}})


def of_at_most(most, count):
    """An upstream of `count` trunks that gives at most so many at once, without a word."""
    ids = [str(n) for n in range(count)]

    def script(connection, n):
        start = (n - 1) * most
        connection.sendall(listing(ids[start : start + most], count))

    return script


def test_an_upstream_that_makes_pages_smaller_without_a_word_is_still_read_whole(raw, connect):
    server = raw(of_at_most(10, 35))
    assert seen(Client(connect(server.url))) == [str(n) for n in range(35)]
    assert [b"size%5D=10&" in request for request in server.requests] == [False, True, True, True]


def test_a_total_that_is_never_reached_is_not_asked_for_for_ever(raw, connect):
    server = raw(of_at_most(10, 10))
    server.script = lambda connection, n: connection.sendall(listing("ab" if n < 3 else "", 10**9))
    assert seen(Client(connect(server.url))) == ["a", "b", "a", "b"]
    assert len(server.requests) == 3


def test_an_empty_account_is_one_empty_page(raw, connect):
    server = raw(lambda connection, n: connection.sendall(listing("", 0)))
    assert seen(Client(connect(server.url))) == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("total", [None, "40", True, 4.5, {}])
def test_a_list_without_a_sound_total_makes_no_sense(raw, connect, total):
    server = raw(lambda connection, n: connection.sendall(listing("a", total)))
    with pytest.raises(Unavailable, match="makes no sense"):
        seen(Client(connect(server.url)))


def test_a_trunk_is_found_by_its_exact_name(client, sandbox):
    made = sandbox.create_trunk(name="A, b & c=d [é] 100%")
    sandbox.create_trunk(name="A, b & c=d [é] 100%!")
    assert client.ids_named("A, b & c=d [é] 100%") == [made["id"]]


def test_a_fault_in_the_middle_of_a_list_is_read_again(client, sandbox):
    sandbox.fault("drop_before", query="page[number]=2", times=2)
    assert sum(len(page.resources) for page in client.did_pages()) == 120
