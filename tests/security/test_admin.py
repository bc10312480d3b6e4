"""Django's admin: for superusers alone, and no way to guess at what is sealed."""

import pytest

pytestmark = pytest.mark.django_db
SEALED = [
    ("trunk", "auth_password__startswith=gAAA"),
    ("trunk", "auth_password__isnull=0"),
    ("trunk", "unknown__contains=a"),
    ("trunk", "credentials_fingerprint__startswith=a"),
    ("account", "api_key__startswith=g"),
    ("account", "fingerprint_key__startswith=g"),
    ("token", "digest__startswith=a"),
]


@pytest.fixture
def root(client_of, ada):
    ada.is_superuser = True
    ada.save()
    return client_of(ada)


@pytest.mark.parametrize(("model", "lookup"), SEALED)
def test_what_is_hidden_cannot_be_guessed_by_filtering(root, pulled, model, lookup):
    assert root.get(f"/admin/trunks/{model}/?{lookup}").status_code == 400


@pytest.mark.parametrize("lookup", ["auth_type__exact=twilio", "status__exact=active"])
def test_what_is_shown_can_still_be_filtered_by(root, pulled, lookup):
    assert root.get(f"/admin/trunks/trunk/?{lookup}").status_code == 200


@pytest.mark.parametrize("path", ["/admin/", "/admin/trunks/trunk/", "/admin/trunks/token/"])
def test_staff_who_are_no_superusers_do_not_get_in(client_of, sam, ada, path):
    for person in (sam, ada):
        assert client_of(person).get(path).status_code in (302, 403, 404)


def test_the_admins_own_login_is_no_way_around_the_limits(client, client_of, sam):
    typed = {"username": "sam@example.com", "password": "correct horse battery staple"}
    assert client_of(sam).post("/admin/login/", typed).status_code == 403
    assert client_of(sam).get("/admin/login/").status_code == 403
    assert "/accounts/login/" in client.post("/admin/login/", typed).headers["Location"]
    assert client.get("/admin/").status_code == 302
