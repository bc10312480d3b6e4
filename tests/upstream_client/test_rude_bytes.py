"""Whatever bytes come back, a request ends in an answer or in one of the family's errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import JSON
from tests.upstream_client.conftest import IMPATIENT, KEY
from tests.upstream_client.raw import RawServer, answer, says
from trunks.domain.secrets import Secret
from trunks.upstream.client import Client
from trunks.upstream.errors import UpstreamError
from trunks.upstream.transport import Deadline, Transport

ID = "11111111-1111-4111-8111-111111111111"
NEVER = Deadline(None)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "data": JSON | st.lists(JSON, max_size=2),
        "included": JSON,
        "meta": JSON | st.fixed_dictionaries({"total_records": st.integers(-1, 3)}),
        "errors": JSON | st.lists(st.dictionaries(st.text(max_size=5), JSON), max_size=2),
    },
)
HEADERS = st.sampled_from((b"Content-Encoding: gzip", b"Transfer-Encoding: chunked", b"a: b", b":"))
PREFIXES = st.sampled_from(
    (b"", b"HTTP/1.1 200 X\r\n", b"HTTP/1.1 204 X\r\n", b"HTTP/1.1 100 X\r\n")
)


@pytest.fixture(scope="module")
def server():
    with RawServer(says(b"")) as running:
        yield running


@pytest.fixture
def client(server):
    transport = Transport(server.url, Secret(KEY), timeouts=IMPATIENT, pace=lambda: 0.0)
    yield Client(transport)
    transport.close()


@given(PREFIXES, st.lists(HEADERS, max_size=3), st.binary(max_size=60))
def test_any_bytes_at_all(server, client, prefix, headers, body):
    server.script = says(prefix + b"".join(h + b"\r\n" for h in headers) + b"\r\n" + body)
    expect_the_family(lambda: client.transport.write("POST", "/x", {}, NEVER))


@given(st.sampled_from((200, 201, 204, 302, 400, 401, 404, 409, 422, 429, 500)), DOCUMENTS)
def test_any_document_under_any_status(server, client, status, document):
    server.script = says(answer(status, document))
    expect_the_family(lambda: client.trunk(ID))
    expect_the_family(lambda: client.create({"name": "a"}))
    expect_the_family(lambda: client.update(ID, {"name": "a"}, {"name": "a"}))
    expect_the_family(lambda: client.regenerate(ID))
    expect_the_family(lambda: client.delete(ID))
    expect_the_family(lambda: next(client.trunk_pages()))
    expect_the_family(client.balance)


def expect_the_family(ask):
    try:
        ask()
    except UpstreamError as error:
        assert KEY not in str(error)  # noqa: PT017
