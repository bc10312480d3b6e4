"""Every recorded body is read, and written again as it was."""

import json
from pathlib import Path

import pytest

from tests.upstream_client.raw import answer, says
from trunks.upstream.client import Client
from trunks.upstream.errors import Missing, Refused
from trunks.upstream.transport import Deadline
from trunks.upstream.values import fingerprint, read_trunk

FOLDER = Path(__file__).parents[1] / "upstream" / "recorded"
RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
GOOD = {n: r for n, r in RECORDED.items() if r["status"] < 400}
BAD = {n: r for n, r in RECORDED.items() if r["status"] >= 400}


def trunks_in(record):
    data = (record["response_body"] or {}).get("data")
    found = data if isinstance(data, list) else [data]
    return [resource for resource in found if resource and resource["type"] == "voice_out_trunks"]


ALL = [trunk for record in GOOD.values() for trunk in trunks_in(record)]


def without_links(resource):
    """Links are addresses upstream makes from ids; linkage stays where there is some."""
    kept = {k: v for k, v in resource.items() if k not in ("links", "relationships")}
    linkage = {
        name: {"data": relation["data"]}
        for name, relation in resource.get("relationships", {}).items()
        if "data" in relation
    }
    return kept | ({"relationships": linkage} if linkage else {})


def test_there_are_recordings_of_every_kind():
    assert len(ALL) >= 8
    assert len(BAD) >= 5


@pytest.mark.parametrize("resource", ALL, ids=lambda r: r["attributes"]["name"])
def test_a_recorded_trunk_is_written_again_as_it_was(resource):
    trunk = read_trunk(resource)
    assert trunk.as_document() == without_links(resource)
    assert trunk.absent == ()
    assert trunk.unknown == {}


@pytest.mark.parametrize("resource", ALL, ids=lambda r: r["attributes"]["name"])
def test_reading_what_was_written_gives_the_same_value(resource):
    trunk = read_trunk(resource)
    again = read_trunk(trunk.as_document())
    assert again == trunk
    assert fingerprint(trunk.as_document(), b"k") == fingerprint(resource, b"k")


@pytest.mark.parametrize("record", BAD.values(), ids=BAD)
def test_a_recorded_refusal_keeps_every_word(upstream, record):
    transport = upstream(says(answer(record["status"], record["response_body"])))
    with pytest.raises(Refused) as caught:
        transport.write(record["method"], "/x", record["request_body"], Deadline(None))
    assert caught.value.errors == record["response_body"]["errors"]
    assert caught.value.status == record["status"]
    assert isinstance(caught.value, Missing) is (record["status"] == 404)


@pytest.mark.parametrize("record", GOOD.values(), ids=GOOD)
def test_every_recorded_answer_is_understood_by_the_client(upstream, record):
    body = record["response_body"]
    client = Client(upstream(says(answer(record["status"], b"" if body is None else body))))
    id_ = "11111111-1111-4111-8111-111111111111"
    if record["method"] == "DELETE":
        client.delete(id_)
    elif "regenerate" in record["path"]:
        client.regenerate(id_)
    elif isinstance(body["data"], list):
        (page,) = client.trunk_pages()
        assert [r["id"] for r in page.resources] == [t["id"] for t in trunks_in(record)]
        assert page.total == body["meta"]["total_records"]
    else:
        assert client.trunk(body["data"]["id"]).as_document() == without_links(body["data"])
