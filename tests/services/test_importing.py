"""Ada exports trunks, works on the sheet, and imports it: what would happen, line by line."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.strategies import PLAIN_TEXT
from trunks.access import actor_of
from trunks.domain.actor import SYSTEM, Actor
from trunks.domain.columns import COLUMNS
from trunks.domain.sheets import FileRefused
from trunks.models import Account, AuditEntry, Batch, BatchRow, Change, Customer, Did, Trunk
from trunks.services.batches import apply_batch
from trunks.services.delivering import drain
from trunks.services.exporting import export_trunks
from trunks.services.importing import plan_import
from trunks.services.undoing import plan_undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(ada) -> Actor:
    return actor_of(ada)


def exported(format_: str = "csv", **only: Any) -> bytes:
    trunks = Trunk.objects.present().filter(**only).order_by("name", "pk")
    return "".join(export_trunks(trunks, format_, actor=SYSTEM, selection="all")).encode()


def lines() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported().decode("utf-8-sig"), newline="")))


def sheet(rows: list[dict[str, Any]]) -> bytes:
    file = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, names)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def line_of(batch: Batch, number: int) -> BatchRow:
    return batch.rows.select_related("change").get(number=number)


def told(row: BatchRow) -> list[tuple[str, str]]:
    return [(p["unit"], p["message"]) for p in row.problems]


def trunk_with(**wanted: Any) -> Trunk:
    return Trunk.objects.filter(auth_type="credentials_and_ip", **wanted).order_by("pk")[0]


# --- There and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["csv", "json"])
def test_an_export_imported_again_changes_nothing(pulled, sandbox, actor, format_):
    batch = plan_import(exported(format_), actor=actor)
    assert set(batch.rows.values_list("action", flat=True)) == {"unchanged"}
    assert batch.rows.count() == Trunk.objects.count()
    assert not batch.changes.exists()
    assert batch.notes == []
    assert sandbox.requests == []


ODD = PLAIN_TEXT | st.sampled_from(
    ("=1+1", "+371 2712", "'+1", "-5", "@x", "\tx", "a\r\nb", " spaced ", "1;2", '"', "'", "ø", "")
)


@pytest.mark.parametrize("format_", ["csv", "json"])
@given(st.data())
def test_whatever_upstream_holds_survives_the_way_there_and_back(pulled, ada, format_, data):
    trunk = trunk_with()
    Trunk.objects.filter(pk=trunk.pk).update(
        name=data.draw(ODD | st.none()),
        external_reference_id=data.draw(ODD | st.none()),
        status=data.draw(ODD | st.none()),
        callback_url=data.draw(ODD | st.none()),
        capacity_limit=data.draw(st.none() | st.integers(-5, 10**12)),
        rtp_ping=data.draw(st.none() | st.booleans()),
        dst_prefixes=data.draw(st.none() | st.lists(ODD, max_size=3)),
        threshold_amount=data.draw(ODD | st.sampled_from(("50", "50.00", "1e3"))),
        auth_attributes={"allowed_sip_ips": ["10.0.0.1"], "tech_prefix": data.draw(ODD)},
        absent=data.draw(st.sampled_from(([], ["name", "rtp_ping"], ["dst_prefixes"]))),
    )
    batch = plan_import(exported(format_, pk=trunk.pk), actor=actor_of(ada))
    assert set(batch.rows.values_list("action", flat=True)) == {"unchanged"}


def test_an_export_holds_no_secret_and_no_formula(pulled, account, actor):
    trunk = trunk_with()
    Trunk.objects.filter(pk=trunk.pk).update(external_reference_id="=HYPERLINK(1)")
    row = next(line for line in lines() if line["id"] == str(trunk.pk))
    assert row["external_reference_id"] == "'=HYPERLINK(1)"
    assert list(row) == list(COLUMNS)
    text = exported().decode() + exported("json").decode()
    for holder in Trunk.objects.exclude(auth_username=None):
        assert str(holder.auth_username) not in text
    assert "password" not in text


def test_numbers_are_exported_so_that_a_spreadsheet_keeps_them(pulled):
    trunk = trunk_with(dids__isnull=False, allow_any_did_as_cli=False)
    row = next(line for line in lines() if line["id"] == str(trunk.pk))
    numbers = sorted(did.number or "" for did in trunk.dids.all())
    assert row["dids"] == "'" + " ".join(f"+{number}" for number in numbers)


def test_every_export_is_in_the_audit(pulled, actor):
    list(export_trunks(Trunk.objects.blocked(), "json", actor=actor, selection="tab=blocked"))
    entry = AuditEntry.objects.get(act="export_trunks")
    assert (entry.actor_label, entry.detail) == (
        "Ada Lind",
        {"format": "json", "count": Trunk.objects.blocked().count(), "selection": "tab=blocked"},
    )


# --- What an import would do ----------------------------------------------------------------------


def test_an_update_asks_only_for_what_differs(pulled, sandbox, actor):
    rows = lines()[:5]
    rows[2]["capacity_limit"] = "77"
    rows[2]["dst_prefixes"] = "47 46,45"
    batch = plan_import(sheet(rows), actor=actor)
    row = line_of(batch, 4)
    assert row.action == "update"
    assert row.change is not None
    assert row.change.fields == ["capacity_limit", "dst_prefixes"]
    assert (row.change.origin, row.change.state) == ("import", "planned")
    assert batch.rows.filter(action="unchanged").count() == 4
    apply_batch(batch, actor=actor)
    drain()
    assert sandbox.trunk(rows[2]["id"])["attributes"]["capacity_limit"] == 77
    assert set(sandbox.trunk(rows[2]["id"])["attributes"]["dst_prefixes"]) == {"47", "46", "45"}


def test_a_column_left_out_stays_and_an_empty_cell_means_none(pulled, actor):
    trunk = trunk_with(capacity_limit__isnull=False)
    content = sheet([{"id": trunk.pk, "capacity_limit": ""}])
    row = plan_import(content, actor=actor).rows.select_related("change").get()
    assert row.change is not None
    assert row.change.patch == {"capacity_limit": {"set": None}}


def test_an_empty_cell_of_what_cannot_be_none_says_nothing(pulled, actor):
    trunk = trunk_with()
    empty = {"name": "", "status": "", "rtp_ping": "", "authentication_method.type": ""}
    row = plan_import(sheet([{"id": trunk.pk, **empty}]), actor=actor).rows.get()
    assert (row.action, told(row)) == ("unchanged", [])


def test_a_line_without_an_id_creates_a_trunk_and_nothing_is_written_before_apply(
    pulled, sandbox, actor
):
    did = Did.objects.can_call_out()[0]
    content = sheet(
        [
            {
                "id": "",
                "name": "Tromsø desk",
                "authentication_method.type": "credentials_and_ip",
                "authentication_method.allowed_sip_ips": "203.0.113.5",
                "on_cli_mismatch_action": "reject_call",
                "capacity_limit": "",
                "allow_any_did_as_cli": "false",
                "dids": f"+{did.number}",
            }
        ]
    )
    batch = plan_import(content, actor=actor, account=pulled)
    assert told(batch.rows.get()) == []
    assert batch.rows.get().action == "create"
    assert sandbox.requests == []
    apply_batch(batch, actor=actor)
    drain()
    new = next(t for t in sandbox.trunks() if t["attributes"]["name"] == "Tromsø desk")
    assert new["dids"] == [str(did.pk)]
    assert batch.changes.get().trunk is not None


def test_undoing_an_import_deletes_what_it_created_and_undoing_that_creates_it_again(
    pulled, sandbox, actor, sam
):
    content = sheet(
        [
            {
                "name": "Tromsø desk",
                "authentication_method.type": "credentials_and_ip",
                "authentication_method.allowed_sip_ips": "203.0.113.5",
                "on_cli_mismatch_action": "reject_call",
            }
        ]
    )
    batch = plan_import(content, actor=actor, account=pulled)
    apply_batch(batch, actor=actor)
    drain()
    batch.refresh_from_db()
    bolt = Customer.objects.create(name="Bolt")
    Trunk.objects.filter(name="Tromsø desk").update(customer=bolt)
    (row,) = plan_undo(batch, actor=actor_of(sam)).rows.all()
    assert told(row) == [("", "Sam Okafor may not delete trunk")]
    undo = plan_undo(batch, actor=actor)
    assert [row.action for row in undo.rows.all()] == ["delete"]
    apply_batch(undo, actor=actor)
    drain()
    undo.refresh_from_db()
    assert "Tromsø desk" not in {t["attributes"]["name"] for t in sandbox.trunks()}
    again = plan_undo(undo, actor=actor)
    (row,) = again.rows.all()
    assert (row.action, told(row)) == ("create", [])
    assert "DIDWW makes a new username and password." in row.note
    apply_batch(again, actor=actor)
    drain()
    assert Trunk.objects.present().get(name="Tromsø desk").customer == bolt
    (row,) = plan_undo(undo, actor=actor).rows.all()
    assert told(row) == [("name", "is in use: a trunk of this name exists")]


def test_what_is_wrong_with_a_line_stands_beside_it_and_the_others_can_be_applied(pulled, actor):
    other = Account.objects.create(
        name="Other",
        base_url=pulled.base_url,
        api_key=pulled.api_key,
        fingerprint_key=pulled.fingerprint_key,
    )
    foreign = Did.objects.can_call_out()[0]
    Did.objects.filter(pk=foreign.pk).update(account=other)
    first, second, third, fourth = (line["id"] for line in lines()[:4])
    gone = trunk_with()
    Trunk.objects.filter(pk=gone.pk).update(gone_at=gone.read_at, auth_password=None, unknown=None)
    taken = Trunk.objects.present().exclude(pk__in=[first, second, third, fourth])[0]
    rows: list[dict[str, Any]] = [
        {"id": first, "capacity_limit": "many", "rtp_ping": "perhaps"},
        {"id": first, "capacity_limit": "5"},
        {"id": "not-an-id"},
        {"id": str(foreign.pk)},
        {"id": str(gone.pk)},
        {"id": second, "account": "Elsewhere"},
        {"id": third, "customer": "Bolt"},
        {"name": taken.name, "account": "Production"},
        {"name": "Twin", "account": "Nowhere"},
        {"id": fourth, "dids": f"+{foreign.number} 4.42E+11", "allow_any_did_as_cli": "no"},
        {"name": "Sister", "account": "Production"},
        {"name": "Sister", "account": "Production"},
    ]
    columns = ["id", "name", "account", "customer", "capacity_limit", "rtp_ping", "dids"]
    columns.append("allow_any_did_as_cli")
    defaults = {line["id"]: line for line in lines()}
    for row in rows:
        held = defaults.get(str(row.get("id")), {})
        row |= {c: held.get(c, "") for c in columns if c not in row}
    batch = plan_import(sheet(rows), actor=actor)
    found = {row.number: told(row) for row in batch.rows.all()}
    assert found[2] == [
        ("capacity_limit", "is not a whole number"),
        ("rtp_ping", "must be true or false"),
    ]
    assert found[3] == [("id", "is the same trunk as in line 2")]
    assert found[4] == found[5] == [("id", "is not the id of a trunk known here")]
    assert found[6][0][1].startswith("no longer exists upstream")
    assert found[7] == [("account", "is another one: a trunk cannot move")]
    assert found[8] == [("customer", "is not set by an import")]
    assert ("name", "is in use: give that trunk's id to change it") in found[9]
    assert ("account", "is not the name of an account known here") in found[10]
    assert found[11] == [
        ("dids", f"“+{foreign.number}” is not one of the account's DIDs"),
        ("dids", "“4.42E+11” is not one of the account's DIDs"),
    ]
    assert ("name", "is the same as in line 12") in found[13]
    assert not Change.objects.exists()


def test_a_switch_of_method_states_the_method_whole(pulled, actor):
    trunk = trunk_with(dids__isnull=True)
    row = next(line for line in lines() if line["id"] == str(trunk.pk))
    row["authentication_method.type"] = "twilio"
    row["authentication_method.twilio_account_sid"] = "AC" + "0" * 32
    (wrong,) = plan_import(sheet([row]), actor=actor).rows.all()
    assert ("authentication_method.allowed_sip_ips", "does not go with Twilio") in told(wrong)
    row["authentication_method.allowed_sip_ips"] = row["authentication_method.tech_prefix"] = ""
    (fine,) = plan_import(sheet([row]), actor=actor).rows.all()
    assert (fine.action, told(fine)) == ("update", [])
    assert "method_switch" in fine.risks


def test_a_new_trunk_needs_an_account_where_there_is_more_than_one(pulled, actor):
    content = sheet([{"name": "Riga", "on_cli_mismatch_action": "reject_call"}])
    (row,) = plan_import(content, actor=actor).rows.all()
    assert {unit for unit, _ in told(row)} == {"authentication_method.type"}
    method = {"type": "credentials_and_ip", "allowed_sip_ips": "192.0.2.1"}
    whole = {
        "name": "Riga",
        "on_cli_mismatch_action": "reject_call",
        **{f"authentication_method.{name}": value for name, value in method.items()},
    }
    (row,) = plan_import(sheet([whole]), actor=actor).rows.all()
    assert told(row) == [("account", "must be chosen: there is more than one")]
    (row,) = plan_import(sheet([{**whole, "account": "Production"}]), actor=actor).rows.all()
    assert (row.action, told(row)) == ("create", [])


def test_a_file_of_which_nothing_can_be_used_leaves_no_plan(pulled, actor):
    with pytest.raises(FileRefused):
        plan_import(b"nonsense", actor=actor)
    assert not Batch.objects.exists()


UNFIT = ODD | st.sampled_from(("\0", "a\0b", "\ud800", "+1\0", "1" * 400))


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(COLUMNS),
            st.none() | st.booleans() | st.integers() | UNFIT | st.lists(UNFIT, max_size=2),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_entry_at_all_breaks_it(pulled, ada, entries):
    known = str(trunk_with().pk)
    content = json.dumps([{**entry, "id": known} for entry in entries[:1]] + entries).encode()
    batch = plan_import(content, actor=actor_of(ada))
    assert batch.rows.count() == len(entries) + 1


@pytest.mark.parametrize("column", ["dids", "dst_prefixes"])
@pytest.mark.parametrize("element", ["4{}", "x{}"])
def test_a_list_without_end_makes_no_complaint_without_end(pulled, actor, column, element):
    trunk = Trunk.objects.filter(allow_any_did_as_cli=False)[0]
    values = [element.format(1_000_000 + n) for n in range(300_000)]
    content = json.dumps([{"id": str(trunk.pk), column: values}]).encode()
    (row,) = plan_import(content, actor=actor).rows.all()
    assert len(row.problems) <= 60
    assert len(json.dumps(row.problems)) < 20_000
    if row.problems:
        assert "299,950 more" in row.problems[-1]["message"]
