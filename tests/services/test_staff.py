"""Staff: who decides who belongs to the house, and in which role."""

import pytest

from tests.conftest import PASSWORD
from trunks.access import actor_of
from trunks.domain.actor import STAFF_ROLES
from trunks.domain.problems import Invalid
from trunks.models import User
from trunks.services.errors import Denied
from trunks.services.staff import add_staff, change_staff_role, dismiss_staff, role_of_staff

pytestmark = pytest.mark.django_db


def test_an_admin_adds_changes_and_dismisses(ada, sam, client):
    tom = add_staff("tom@example.com", "viewer", PASSWORD, actor=actor_of(ada))
    assert role_of_staff(tom) == "viewer"
    assert role_of_staff(change_staff_role(tom, "agent", actor=actor_of(ada))) == "agent"
    client.post("/accounts/login/", {"login": tom.email, "password": PASSWORD})
    assert client.get("/staff/").status_code == 200
    dismiss_staff(tom, actor=actor_of(ada))
    assert client.get("/staff/").headers["Location"].startswith("/accounts/login/")
    client.post("/accounts/login/", {"login": tom.email, "password": PASSWORD})
    assert client.get("/staff/").status_code == 302
    assert actor_of(User.objects.get(pk=tom.pk)).rights == frozenset()


@pytest.mark.parametrize("who", ["sam", "vera", "alice"])
def test_nobody_else_does(request, who, ada):
    actor = actor_of(request.getfixturevalue(who))
    for act in (
        lambda: add_staff("tom@example.com", "viewer", PASSWORD, actor=actor),
        lambda: change_staff_role(ada, "viewer", actor=actor),
        lambda: dismiss_staff(ada, actor=actor),
    ):
        with pytest.raises(Denied):
            act()


def test_the_last_admin_stays(ada, sam, alice):
    with pytest.raises(Invalid, match="no other"):
        change_staff_role(ada, "viewer", actor=actor_of(ada))
    with pytest.raises(Invalid, match="no other"):
        dismiss_staff(ada, actor=actor_of(ada))
    with pytest.raises(Invalid, match="no staff"):
        dismiss_staff(alice, actor=actor_of(ada))
    change_staff_role(sam, "admin", actor=actor_of(ada))
    change_staff_role(ada, "viewer", actor=actor_of(ada))
    assert role_of_staff(User.objects.get(pk=ada.pk)) == "viewer"


def test_each_role_has_the_rights_that_the_table_gives_it(vera, sam, ada):
    for role, person in (("viewer", vera), ("agent", sam), ("admin", ada)):
        assert actor_of(person).rights == STAFF_ROLES[role]
