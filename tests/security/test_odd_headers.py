"""Headers anybody can send mean at most that a page is shown whole."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "//", "\x01", "http://a/?q=%ff"])
@pytest.mark.parametrize("path", ["/staff/trunks/", "/staff/changes/", "/staff/dids/"])
def test_a_senseless_address_of_the_page_before_breaks_no_list(client_of, sam, path, address):
    answer = client_of(sam).get(
        path, {"q": "oslo"}, headers={"HX-Request": "true", "HX-Current-URL": address}
    )
    assert answer.status_code == 200
    assert "HX-Push-Url" in answer.headers or "HX-Replace-Url" in answer.headers
