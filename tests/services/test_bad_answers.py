"""Whatever upstream answers, no trunk is called missing for it, no worker ends, no change is lost.

Each kind of bad answer is given to everything that is read, and then to every write, which is done
all the same. What was asked for is done once in the end, and truly told on the way.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zlib import crc32

import pytest

from tests.deep.stage import let_time_pass
from tests.deep.witness import Witness, check_the_mirror
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.patch import Put, Whole
from trunks.models import Account, Change, Trunk, User
from trunks.sandbox import Sandbox
from trunks.sandbox.messages import Request, Response
from trunks.services import accounts
from trunks.services.delivering import OWN_ERROR, drain
from trunks.services.proposing import propose
from trunks.services.pulling import pull
from trunks.services.submitting import submit
from trunks.upstream import transport

Bad = Callable[[Response], Response]
TYPE = "authentication_method.type"
SIP_IPS = "authentication_method.allowed_sip_ips"
MOST_BYTES = 100_000


def body(content: bytes, status: int | None = None, **headers: str) -> Bad:
    def bad(answer: Response) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(answer.status if status is None else status, content, named)

    return bad


def as_json(value: Any, status: int | None = None) -> Bad:
    return body(json.dumps(value).encode(), status)


def status(code: int, **headers: str) -> Bad:
    """The whole answer, under another status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer: replace(answer, status=code, headers=answer.headers | named)


def document(change: Callable[[dict[str, Any]], Any]) -> Bad:
    def bad(answer: Response) -> Response:
        if not answer.body:
            return answer
        found = json.loads(answer.body)
        change(found)
        return replace(answer, body=json.dumps(found).encode())

    return bad


def each(change: Callable[[dict[str, Any]], Any]) -> Bad:
    """Every resource of the answer, or the only one."""

    def of(found: dict[str, Any]) -> None:
        data = found.get("data")
        for resource in data if isinstance(data, list) else [data]:
            if isinstance(resource, dict) and "attributes" in resource:
                change(resource)

    return document(of)


def attribute(name: str, value: Any) -> Bad:
    return each(lambda resource: resource["attributes"].update({name: value}))


def text(old: bytes, new: bytes) -> Bad:
    return lambda answer: replace(answer, body=answer.body.replace(old, new))


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


KINDS: dict[str, Bad] = {
    # --- not what it seems ---
    "cut in the middle": lambda answer: replace(answer, ending="cut"),
    "cut, with a length that fits": lambda a: replace(a, body=a.body[: len(a.body) // 2]),
    "longer than announced": lambda a: replace(a, body=a.body, headers={"Content-Length": "7"}),
    "nothing at all": body(b""),
    "blanks": body(b"   \n"),
    "a page of HTML": body(b"<html><body>Welcome</body></html>", Content_Type="text/html"),
    "HTML of a proxy": body(b"<html>502 Bad Gateway</html>", 502, Content_Type="text/html"),
    "HTML not found": body(b"<html>404 Not Found</html>", 404, Content_Type="text/html"),
    "far too large": body(b'{"data": "' + b"x" * (2 * MOST_BYTES) + b'"}'),
    "packed, and it is not": lambda a: replace(a, headers={"Content-Encoding": "gzip"}),
    "another content type": lambda a: replace(a, headers={"Content-Type": "text/plain"}),
    "binary": body(bytes(range(256))),
    "another encoding": lambda a: replace(a, body=a.body.decode().encode("utf-16")),
    # --- JSON, but of another shape ---
    "null": body(b"null"),
    "a number": body(b"17"),
    "a list": body(b"[]"),
    "an empty object": as_json({}),
    "no data": as_json({"data": None, "meta": {"total_records": 0}}),
    "data of another type": as_json({"data": "trunks", "meta": {"total_records": 1}}),
    "data of numbers": as_json({"data": [1, 2, 3], "meta": {"total_records": 3}}),
    "one where there are many": document(lambda d: d.update(data={"0": d["data"]})),
    "no attributes": each(lambda resource: resource.pop("attributes")),
    "attributes of another type": each(lambda resource: resource.update(attributes=["name"])),
    "no id": each(lambda resource: resource.pop("id")),
    "an id that is none": each(lambda resource: resource.update(id="../../etc")),
    "an id that is a number": each(lambda resource: resource.update(id=7)),
    "relationships of another type": each(lambda resource: resource.update(relationships=[1])),
    "linkage of another type": each(
        lambda resource: resource.update(relationships={"dids": {"data": {"id": []}}})
    ),
    "a number in words": attribute("capacity_limit", "many"),
    "a list in words": attribute("dst_prefixes", "44,353"),
    "a method in words": attribute("authentication_method", "credentials_and_ip"),
    "a method without a type": attribute("authentication_method", {"attributes": {}}),
    "included of another type": document(lambda found: found.update(included={"dids": 1})),
    "meta of another type": document(lambda found: found.update(meta=["total_records"])),
    "a total in words": document(lambda found: found.update(meta={"total_records": "all"})),
    "a negative total": document(lambda found: found.update(meta={"total_records": -1})),
    # --- values that no one expects ---
    "NULs": attribute("name", "Acme\x00"),
    "half a character": attribute("name", "Acme \ud800"),
    "a number beyond all": attribute("capacity_limit", 2**70),
    "an infinite number": text(b'"attributes":{', b'"attributes":{"new":1e999,'),
    "nested without end": body(b'{"data":' + nested(50_000) + b"}"),
    "nested deeply inside": text(b'"attributes":{', b'"attributes":{"new":' + nested(300) + b","),
    "a version that is none": document(lambda found: found["meta"].update(api_version=2026)),
    # --- statuses that make no sense ---
    "accepted": as_json({}, 202),
    "no content": body(b"", 204),
    "partial content": body(b'{"data":', 206),
    "moved": status(301, Location="http://127.0.0.1:9/v3/voice_out_trunks"),
    "moved elsewhere": body(b"", 308, Location="https://evil.example/"),
    "not modified": body(b"", 304),
    "switching protocols": body(b"", 101),
    "a teapot": body(b"", 418),
    "refused without a word": as_json({"errors": []}, 422),
    "refused in another shape": as_json({"errors": "no"}, 422),
    "not found in another shape": as_json({"error": "not found"}, 404),
    "a status beyond all": body(b"", 999),
    "gone": body(b"", 410),
    # --- come back later, or when? ---
    "wait less than nothing": body(b"", 503, Retry_After="-5"),
    "wait for ever": body(b"", 503, Retry_After="1000000000000"),
    "wait for no number": body(b"", 503, Retry_After="NaN"),
    "wait until a date": body(b"", 503, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT"),
    "wait for a while": body(b"", 503, Retry_After="a while"),
    "429 for ever": as_json({"errors": [{"detail": "slow"}]}, 429),
    "429 until a date": body(b"", 429, Retry_After="Wed, 21 Oct 2099 07:28:00 GMT"),
    "429 for less than nothing": body(b"", 429, Retry_After="-1e12"),
}


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.reset(trunks=6, dids=12)
    yield sandbox
    sandbox.reset(trunks=40, dids=120)


@pytest.fixture(autouse=True)
def impatient(settings, monkeypatch) -> None:
    settings.UPSTREAM_SETTLE_SECONDS = 0
    settings.UPSTREAM_READ_TIMEOUT = 1.0
    monkeypatch.setattr(transport, "_backoff", lambda attempt: 0.0)
    monkeypatch.setattr(transport, "MAX_RETRY_WAIT", 0.0)
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", MOST_BYTES)
    monkeypatch.setattr(accounts, "SLOW_SECONDS", 0.01)


@contextmanager
def answering(
    sandbox: Sandbox, bad: Bad, which: Callable[[Request], bool], *, instead: bool = False
) -> Iterator[None]:
    """Spoil the answers to some requests; `instead`: what they asked for is not done either."""
    upstream = sandbox.upstream
    served = upstream._serve

    def serve(request: Request, ending: Any) -> Response:
        if not which(request):
            return served(request, ending)
        return bad(Response(200) if instead else served(request, ending))

    upstream._serve = serve  # type: ignore[method-assign]
    try:
        yield
    finally:
        upstream._serve = served  # type: ignore[method-assign]


def is_read(request: Request) -> bool:
    return not request.is_write


def is_write(request: Request) -> bool:
    return request.is_write


@pytest.fixture
def ask(ada: User, pulled: Account) -> Callable[..., Change]:
    def asked(trunk: Trunk | None, patch: Any, kind: str = "update") -> Change:
        actor = actor_of(ada)
        change = propose(trunk, patch, kind=kind, actor=actor, origin="staff", account=pulled)
        return submit(change, actor=actor)

    return asked


@pytest.fixture
def asked(request: pytest.FixtureRequest, ask: Callable[..., Change]) -> list[Change]:
    """A change and a new trunk, and by turns something else; nothing is sent."""
    trunks = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("name")
    new = {
        "name": Put("Acme new"),
        "on_cli_mismatch_action": Put("reject_call"),
        TYPE: Put("credentials_and_ip"),
        SIP_IPS: Whole(("203.0.113.77/32",)),
    }
    more: list[Callable[[], Change]] = [
        lambda: ask(trunks[1], {SIP_IPS: Whole(("203.0.113.78/32",))}),
        lambda: ask(trunks[2], {}, "regenerate"),
        lambda: ask(trunks[3], {}, "delete"),
    ]
    turn = crc32(request.node.name.encode()) % len(more)
    return [ask(trunks[0], {"rtp_timeout": Put(333)}), more[turn](), ask(None, new, "create")]


def check_nothing_is_lost(changes: list[Change], witness: Witness) -> None:
    """And nothing is said that is not so."""
    for change in changes:
        change.refresh_from_db()
        done = [e for e in witness.effects if e.kind == change.kind and is_of(e, change)]
        told = f"{change.kind} {change.state}: {change.waiting_reason} {change.errors}"
        assert len(done) <= 1, told
        assert change.state in ("pending", "delivering", "applied"), told
        assert not change.is_in_doubt, told
        assert change.state != "applied" or done, told
        assert change.state != "pending" or not done, told
        assert OWN_ERROR not in change.waiting_reason, told
    assert not Trunk.objects.exclude(gone_at=None).exclude(changes__kind="delete").exists()


def is_of(effect: Any, change: Change) -> bool:
    return change.kind == "create" or effect.trunk_id == str(change.trunk_id)


def calm_down(account: Account, changes: list[Change], witness: Witness) -> None:
    for _ in range(8):
        account.refresh_from_db()
        if account.pause == Account.Pause.QUESTION:
            accounts.answer_missing(account, False, actor=SYSTEM)
        let_time_pass()
        drain(account, at_once=True)
        check_nothing_is_lost(changes, witness)
        if all(change.is_settled for change in changes):
            break
    assert pull(account, with_dids=False).state == "done"
    check_nothing_is_lost(changes, witness)
    assert {change.state for change in changes} == {"applied"}
    assert len(witness.effects) == len(changes)
    check_the_mirror(witness.sandbox)


def half_of_them_deep() -> list[Any]:
    """All of them take a while: every second one is left to `make test-deep`."""
    marks = ((), pytest.mark.deep)
    return [pytest.param(kind, marks=marks[n % 2]) for n, kind in enumerate(KINDS)]


@pytest.mark.parametrize("kind", half_of_them_deep())
def test_no_answer_loses_a_change_or_hides_a_trunk(sandbox, pulled, asked, kind):
    with Witness(sandbox).watching() as witness:
        with answering(sandbox, KINDS[kind], is_read):
            assert pull(pulled, with_dids=False).state in ("done", "failed")
            drain(pulled, at_once=True)
            check_nothing_is_lost(asked, witness)
        let_time_pass()
        with answering(sandbox, KINDS[kind], is_write, instead="429" in kind):
            drain(pulled, at_once=True)
            check_nothing_is_lost(asked, witness)
        calm_down(pulled, asked, witness)


# --- Lies that can be told ------------------------------------------------------------------------


def of_another(sandbox: Sandbox) -> Bad:
    """The answer, under the id of a trunk that nobody asked for."""
    other = sorted(trunk["id"] for trunk in sandbox.trunks())[0]
    return each(lambda resource: resource.update(id=other))


@pytest.fixture
def edited(ask) -> Change:
    trunk = Trunk.objects.filter(auth_type="credentials_and_ip").order_by("-pk")[0]
    return ask(trunk, {"rtp_timeout": Put(333)})


def settings_here() -> dict[str, Any]:
    return {str(row.pk): row.units() for row in Trunk.objects.with_linkage()}


def test_an_answer_about_another_trunk_is_none(sandbox, pulled, edited):
    """Neither the read before a write nor the write's own answer moves another trunk here."""
    before = settings_here()
    with Witness(sandbox).watching() as witness:
        with answering(sandbox, of_another(sandbox), is_read):
            drain(pulled)
            edited.refresh_from_db()
            assert (edited.state, witness.effects) == ("pending", [])
            assert settings_here() == before
        let_time_pass()
        with answering(sandbox, of_another(sandbox), is_write):
            drain(pulled)
            edited.refresh_from_db()
            assert edited.outcome_unknown
            assert settings_here() == before
        calm_down(pulled, [edited], witness)
    assert not Change.objects.drift().exists()


def test_a_create_answered_with_a_trunk_that_was_there_is_looked_for(sandbox, pulled, asked):
    create = asked[-1]
    before = settings_here()
    with Witness(sandbox).watching() as witness:
        with answering(sandbox, of_another(sandbox), lambda request: request.method == "POST"):
            drain(pulled)
        create.refresh_from_db()
        assert create.outcome_unknown
        assert create.trunk_id is None
        calm_down(pulled, asked, witness)
    assert str(create.trunk_id) not in before


def test_a_word_that_nobody_knows_yet_is_shown_and_sent_around(sandbox, pulled, edited):
    """An enum may grow: it is mirrored, it stops no edit of something else, and it stays there."""
    trunk = str(edited.trunk_id)
    odd = {"status": "resting", "default_dst_action": "ask_first", "media_encryption_mode": "zrtp2"}
    sandbox.change_trunk(trunk, **odd)
    assert pull(pulled).state == "done"
    row = Trunk.objects.get(pk=trunk)
    assert {name: getattr(row, name) for name in odd} == odd
    drain(pulled)
    edited.refresh_from_db()
    assert edited.state == "applied", edited.errors
    now = sandbox.trunk(trunk)["attributes"]
    assert {name: now[name] for name in odd} == odd
    assert now["rtp_timeout"] == 333


def test_a_key_named_twice_is_read_once(sandbox, pulled, edited):
    twice = text(b'"attributes":{', b'"attributes":{"rtp_timeout":31,')
    with Witness(sandbox).watching() as witness, answering(sandbox, twice, lambda request: True):
        assert pull(pulled).state == "done"
        drain(pulled)
        check_nothing_is_lost([edited], witness)
        calm_down(pulled, [edited], witness)


# --- Lists that shift, and a key that stops working -----------------------------------------------


def listing(change: Callable[[dict[str, Any], int], Any]) -> Bad:
    """Every page of a list, by how many have been asked for."""
    count = iter(range(1, 1000))
    return document(lambda d: change(d, next(count)) if isinstance(d.get("data"), list) else None)


def half(found: dict[str, Any], page: int) -> None:
    """Pages of three; the second repeats one of the first and never shows the last."""
    first = 0 if page % 2 else 2
    found["data"] = found["data"][first : first + 3]


def shrinking(found: dict[str, Any], page: int) -> None:
    found["meta"]["total_records"] -= page


def growing(found: dict[str, Any], page: int) -> None:
    found["data"] = found["data"][: 3 if page == 1 else 0]
    found["meta"]["total_records"] += 100 * page


def nothing_there(found: dict[str, Any], page: int) -> None:
    found["data"] = []
    found["meta"]["total_records"] = 0


def one_left(found: dict[str, Any], page: int) -> None:
    found["data"] = found["data"][:1]
    found["meta"]["total_records"] = 1


@pytest.mark.parametrize("lie", [half, shrinking, growing, nothing_there, one_left])
def test_a_list_that_lies_hides_nothing(sandbox, pulled, asked, lie):
    with Witness(sandbox).watching() as witness:
        with answering(sandbox, listing(lie), is_list):
            pull(pulled, with_dids=False)
            check_nothing_is_lost(asked, witness)
            pull(pulled, with_dids=False)
            check_nothing_is_lost(asked, witness)
        calm_down(pulled, asked, witness)


def is_list(request: Request) -> bool:
    return request.path == "/v3/voice_out_trunks" and request.method == "GET"


@pytest.mark.parametrize("code", [401, 403, 500])
def test_a_key_that_ends_in_the_middle_ends_the_pull_and_no_trunk(sandbox, pulled, asked, code):
    """The first page is there, the second is not."""
    with Witness(sandbox).watching() as witness:
        with answering(sandbox, listing(lambda d, n: half(d, n) if n == 1 else None), is_list):
            sandbox.fault("status", status=code, path="/voice_out_trunks", after=1, times=None)
            assert pull(pulled, with_dids=False).state == "failed"
            pulled.refresh_from_db()
            assert (pulled.pause == "trouble") is (code != 500)
            drain(pulled)
        check_nothing_is_lost(asked, witness)
        sandbox.clear_faults()
        calm_down(pulled, asked, witness)


def test_no_redirect_is_followed(sandbox, pulled, edited):
    """Not even to upstream itself: the key goes nowhere that upstream names."""
    elsewhere = status(307, Location=f"{sandbox.url}/balance")
    with answering(sandbox, elsewhere, is_list):
        sandbox.clear_requests()
        assert pull(pulled).state == "failed"
    assert not [r for r in sandbox.requests if "balance" in r["path"]]
