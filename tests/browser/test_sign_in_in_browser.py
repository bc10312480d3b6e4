"""Second factor, sessions and invitation in a real browser, on a phone: the policy holds, axe is
silent."""

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Page

from tests.browser.axe import NARROW, WIDE
from tests.browser.test_every_page import faults
from tests.conftest import PASSWORD
from trunks.access import actor_of
from trunks.models import Trunk, User
from trunks.services.invitations import invite


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()
    yield
    cache.clear()


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, list(counters())[1] + step))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sam_is_led_through_the_second_factor_on_a_phone(visit, sam, settings, theme):
    settings.REQUIRE_STAFF_MFA = True
    page = visit("/staff/trunks/", viewport=NARROW, color_scheme=theme)
    sign_in(page, sam)
    page.get_by_role("heading", name="Set up your second factor").wait_for()
    drawn = "image => image.complete && image.naturalWidth > 0"
    assert page.get_by_role("img", name="QR code").evaluate(drawn)
    page.get_by_text("No camera?").click()
    secret = page.locator("#totp-secret").inner_text().replace(" ", "")
    found = list(faults(page))
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    found += faults(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="Hello, Sam").wait_for()
    page.goto("/accounts/2fa/")
    found += faults(page)
    page.get_by_role("link", name="Show the sessions").click()
    page.get_by_text("This one").wait_for()
    found += faults(page)
    other = visit("/staff/", viewport=NARROW, color_scheme=theme)
    sign_in(other, sam)
    other.get_by_role("heading", name="Your second factor").wait_for()
    found += faults(other)
    other.get_by_label("Code").fill(code_of(secret, 1))
    other.get_by_role("button", name="Sign in").click()
    other.get_by_role("heading", name="Hello, Sam").wait_for()
    page.reload()
    page.get_by_role("button", name="Sign out elsewhere").click()
    page.get_by_text("This one").wait_for()
    other.goto("/staff/")
    other.get_by_role("heading", name="Sign in").wait_for()
    assert found == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nia_is_invited_and_finds_her_trunks(visit, alice, acme, pulled, complaints, size):
    Trunk.objects.filter(pk__in=Trunk.objects.all()[:6]).update(customer=acme)
    invite("nia@acme.example", acme, "operator", actor=actor_of(alice))
    link = re.search(r"http://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    assert link
    page = visit(link[1], viewport=size)
    found = list(faults(page))
    page.get_by_label("Your name").fill("Nia Holm")
    page.get_by_label("A password for trunkadmin").fill("short")
    page.get_by_role("button", name="Join Acme").click()
    page.get_by_text("too short").wait_for()
    found += faults(page)
    assert page.get_by_label("Your name").input_value() == "Nia Holm"
    page.get_by_label("A password for trunkadmin").fill("a wholly new passphrase")
    page.get_by_role("button", name="Join Acme").click()
    page.get_by_role("heading", name="Your trunks").wait_for()
    assert page.get_by_role("row").count() == 7
    found += faults(page)
    page.goto(link[1])
    page.get_by_role("heading", name="This link no longer works").wait_for()
    found += faults(page)
    complaints[:] = [c for c in complaints if "404" not in c]  # the link that was used
    assert found == []
