"""A form replaces the plan its own author took back, nobody else's."""

import pytest

from tests.web.sent import fields_of
from trunks.domain.actor import ADMIN, Actor
from trunks.domain.patch import Put
from trunks.models import Change
from trunks.services.proposing import propose

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("kind", "state"), [("token", "planned"), ("staff", "cancelled")])
def test_a_tokens_plan_is_not_taken_for_that_of_a_person_with_its_number(
    client_of, sam, pulled, kind, state
):
    trunk = pulled.trunks.filter(auth_type="credentials_and_ip").first()
    author = Actor(kind, str(sam.pk), "somebody", ADMIN)
    plan = propose(trunk, {"name": Put("Theirs")}, actor=author, origin="api")
    url = f"/staff/trunks/{trunk.pk}/edit/"
    browser = client_of(sam)
    typed = {**fields_of(browser.get(url).content), "name": "Mine", "change": str(plan.pk)}
    browser.post(url, {**typed, "by": "save"})
    assert Change.objects.get(pk=plan.pk).state == state
