"""Error objects of any shape are shown, none breaks the page that quotes them."""

import pytest

from trunks.models import Change
from trunks.models.clock import database_now

pytestmark = pytest.mark.django_db
SHAPES = [
    {"title": "t", "source": ["x"]},
    {"title": "t", "source": "/data/attributes/name"},
    {"title": {"a": 1}, "detail": ["x"], "source": {"pointer": {"x": 1}}},
    {"title": None, "detail": None, "code": {}, "status": [], "source": 7},
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "page", ["/staff/trunks/{trunk}/edit/?change={change}", "/staff/changes/{change}/"]
)
def test_a_refusal_of_any_shape_can_be_read(client_of, sam, pulled, page, shape):
    trunk, now = pulled.trunks.first(), database_now()
    change = Change.objects.create(
        account=pulled,
        trunk=trunk,
        kind="update",
        state="refused",
        origin="staff",
        actor_kind="staff",
        patch={"name": {"set": "x"}},
        errors=[shape],
        created_at=now,
        settled_at=now,
    )
    shown = client_of(sam).get(page.format(trunk=trunk.pk, change=change.pk))
    assert shown.status_code == 200
