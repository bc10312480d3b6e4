"""No page of staff stays behind: not in a proxy, not in the browser of whoever signs in next."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["", "trunks/", "trunks/{pk}/", "trunks/{pk}/edit/", "accounts/"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_staffs_pages_and_their_parts_are_kept_nowhere(client_of, sam, pulled, path, headers):
    path = path.format(pk=pulled.trunks.filter(gone_at=None).first().pk)
    kept = client_of(sam).get(f"/staff/{path}", headers=headers).headers["Cache-Control"]
    assert "no-store" in kept
    assert "private" in kept


def test_neither_is_what_strangers_are_told(client):
    assert "no-store" in client.get("/staff/trunks/").headers["Cache-Control"]
