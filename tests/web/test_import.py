"""Sam exports the list, changes the sheet, and uploads it again."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from trunks.models import AuditEntry, Batch, Trunk
from trunks.services.delivering import drain

pytestmark = pytest.mark.django_db
IMPORT = "/staff/batches/import/"
EXPORT = "/staff/trunks/export/"


@pytest.fixture
def browser(pulled, sam, client_of) -> Client:
    return client_of(sam)


def downloaded(browser: Client, query: str = "which=all&format=csv") -> str:
    response: Any = browser.get(f"{EXPORT}?{query}")
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8-sig")


def lines_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sheet(rows: list[dict[str, str]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def uploaded(browser: Client, text: str | bytes, name: str = "trunks.csv", **sent: Any):
    content = text if isinstance(text, bytes) else text.encode()
    return browser.post(IMPORT, {"file": SimpleUploadedFile(name, content), **sent})


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- Export ---------------------------------------------------------------------------------------


def test_the_export_holds_what_the_list_shows(browser):
    word = str(Trunk.objects.order_by("name")[0].name).split()[0]
    names = {str(t.name) for t in Trunk.objects.filter(name__startswith=word)}
    rows = lines_of(downloaded(browser, f"which=all&format=csv&q={word}"))
    assert {row["name"] for row in rows} == names
    blocked = lines_of(downloaded(browser, "which=all&format=csv&tab=blocked"))
    assert {row["status"] for row in blocked} == {"blocked"}


def test_the_export_of_ticked_trunks_holds_those(browser):
    one, two = Trunk.objects.order_by("name")[:2]
    rows = lines_of(downloaded(browser, f"format=csv&trunk={one.pk}&trunk={two.pk}&tab=blocked"))
    assert [row["id"] for row in rows] == [str(one.pk), str(two.pk)]


def test_it_is_a_file_of_its_kind_that_no_cache_keeps(browser):
    for kind, type_ in (("csv", "text/csv; charset=utf-8"), ("json", "application/json")):
        response = browser.get(f"{EXPORT}?which=all&format={kind}")
        assert response.headers["Content-Type"] == type_
        assert re.fullmatch(
            rf'attachment; filename="trunks-\d{{4}}-\d\d-\d\d\.{kind}"',
            response.headers["Content-Disposition"],
        )
        assert "no-store" in response.headers["Cache-Control"]
    assert browser.get(f"{EXPORT}?format=xlsx").status_code == 404


def test_it_is_written_down_who_exported_what(browser, vera, client_of):
    downloaded(browser, "which=all&format=json&q=Baltic")
    downloaded(client_of(vera), "which=all&format=csv")
    found = AuditEntry.objects.filter(act="export_trunks").order_by("at")
    assert [(e.actor_label, e.detail["format"], e.detail["selection"]) for e in found] == [
        ("Sam Okafor", "json", "q=Baltic"),
        ("Vera Moss", "csv", "all 40 trunks"),
    ]


# --- Import ---------------------------------------------------------------------------------------


def test_a_sheet_becomes_a_plan_that_is_applied_like_any_other(browser, sandbox):
    rows = lines_of(downloaded(browser))
    rows[3]["rtp_timeout"] = "77"
    rows[5]["capacity_limit"] = "plenty"
    response = uploaded(browser, sheet(rows))
    batch = Batch.objects.get()
    assert response.url == f"/staff/batches/{batch.pk}/"
    assert sandbox.requests == []
    html = browser.get(response.url).content.decode()
    assert "Import of trunks.csv" in html
    assert "Calls at once: is not a whole number." in words(html).replace(" :", ":")
    assert "Apply 1 change" in html
    assert re.search(r'data-label="Line">7<', html)
    browser.post(f"{response.url}apply/", {"reason": ""})
    drain()
    assert sandbox.trunk(rows[3]["id"])["attributes"]["rtp_timeout"] == 77
    assert len([r for r in sandbox.requests if r["method"] != "GET"]) == 1


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "a column of its own": ("name,colour\nRiga,red\n", "The column “colour” is not known."),
    "latin-1": ("name\nTromsø\n".encode("latin-1"), "Line 2 is not written in UTF-8."),
    "a spreadsheet": (b"PK\x03\x04rest", "Save it as “CSV UTF-8” first."),
    "nothing": (b"", "The file is empty."),
    "too much": (b"name\n" + b"x" * 5_000_001, "The file is larger than 5 MB."),
    "too many lines": (b"name\n" + b"x\n" * 10_001, "at most 10,000 are read at once."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_beside_its_field(browser, what):
    content, complaint = REFUSED[what]
    response = uploaded(browser, content)
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert not Batch.objects.exists()


def test_no_file_at_all_is_asked_for(browser):
    assert "Choose a file." in browser.post(IMPORT).content.decode()


def test_secrets_in_a_sheet_are_neither_read_nor_kept_nor_shown(browser):
    rows = lines_of(downloaded(browser))[:2]
    rows = [{**row, "username": "somebody", "password": "hunter2"} for row in rows]
    response = uploaded(browser, sheet(rows))
    html = browser.get(response.url).content.decode()
    assert "Not read: username, password." in html
    assert "hunter2" not in html
    assert not any("hunter2" in repr(vars(row)) for row in Batch.objects.get().rows.all())


def test_a_name_of_a_file_is_only_a_name(browser):
    text = downloaded(browser)
    response = uploaded(browser, text, name="<script>alert(1)</script>.csv")
    html = browser.get(response.url).content.decode()
    assert "<script>alert" not in html


def test_the_page_names_every_column(browser):
    html = browser.get(IMPORT).content.decode()
    for column in ("authentication_method.allowed_sip_ips", "dst_prefixes", "default_did"):
        assert column in html
