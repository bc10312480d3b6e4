"""Instants that no database counts to are no instants."""

from urllib.parse import quote

import pytest

from trunks.models import Trunk
from trunks.web.asked import as_instant

pytestmark = pytest.mark.django_db
BEYOND = ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+00:01"]
FAR = ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999+00:00"]


@pytest.mark.parametrize("at", [*BEYOND, *FAR])
def test_no_instant_breaks_a_page(client_of, sam, pulled, at):
    browser, trunk, q = client_of(sam), f"/staff/trunks/{Trunk.objects.all()[0].pk}", quote(at)
    for path in (
        f"{trunk}/history/?since={q}&until={q}",
        f"{trunk}/history/compare/?one={q}&other=now",
        f"{trunk}/history/compare/?one={q}&other={q}",
        f"/staff/changes/?since={q}&until={q}",
        f"/staff/inbox/?since={q}&until={q}",
    ):
        assert browser.get(path).status_code in (200, 302), path
    assert browser.post(f"{trunk}/history/restore/", {"at": at}).status_code == 302


@pytest.mark.parametrize("at", BEYOND)
def test_what_lies_beyond_the_calendar_is_no_instant(at):
    assert as_instant(at) is None
