"""Over TLS the same: what broke before the request left was not sent, what broke after may be."""

import datetime
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.upstream_client.raw import answer, drips, resets, says
from trunks.upstream.errors import NotSent, OutcomeUnknown
from trunks.upstream.transport import Deadline

NEVER = Deadline(None)
FINE = answer(200, {"data": []})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The path of a key and its self-signed certificate for localhost, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture
def server(raw, certificate):
    """`server(script)` → a TLS server that behaves like that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return lambda script: raw(script, tls=context)


@pytest.fixture
def trusting(connect, certificate):
    """`trusting(url)` → a transport that trusts that certificate."""

    def make(url):
        transport = connect(url)
        transport._session.verify = str(certificate)
        return transport

    return make


def write(transport):
    return transport.write("POST", "/x", {}, NEVER)


def test_a_trusted_upstream_is_spoken_to(server, trusting):
    assert write(trusting(server(says(FINE)).url)).document == {"data": []}


def test_a_certificate_that_nobody_vouches_for_gets_no_request(server, connect):
    running = server(says(FINE))
    with pytest.raises(NotSent):
        write(connect(running.url))
    assert running.requests == []


def test_a_server_without_tls_gets_no_request(raw, connect):
    running = raw(says(FINE))
    with pytest.raises(NotSent):
        write(connect(running.url.replace("http:", "https:")))
    assert not any(b"api-key" in request.lower() for request in running.requests)


def rude(connection, n):
    """Breaks off beneath TLS, without its goodbye."""
    socket.socket.shutdown(connection, socket.SHUT_RDWR)


BREAKS = {
    "an end without goodbye": says(b""),
    "a rude end": rude,
    "a reset": resets(),
    "a reset in its body": resets(FINE[:-3]),
    "nonsense beneath TLS": lambda connection, n: socket.socket.send(connection, b"x" * 99),
    "dripping": drips(FINE),
}


@pytest.mark.parametrize("script", BREAKS.values(), ids=BREAKS)
def test_what_breaks_after_the_request_left_may_have_been_carried_out(server, trusting, script):
    running = server(script)
    with pytest.raises(OutcomeUnknown):
        write(trusting(running.url))
    assert len(running.requests) == 1
