"""The API's paths: the upstream's own, without slashes at the end."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from trunks.api.accounts import AccountViewSet
from trunks.api.changes import ChangedTrunk, ChangeRelationshipView, ChangeViewSet
from trunks.api.dids import DidViewSet
from trunks.api.regenerations import RegenerationViewSet
from trunks.api.relationships import DidsRelationshipView, RelatedDidViewSet
from trunks.api.schema.views import docs, docs_script, schema
from trunks.api.serializers import REGENERATIONS, TrunkSerializer
from trunks.api.syncs import SyncViewSet
from trunks.api.trunks import TrunkViewSet
from trunks.api.views import NotRouted

app_name = "api"
TRUNK = "voice_out_trunks/<str:id>"
CHANGE = "changes/<str:id>"

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("voice_out_trunks", TrunkViewSet, "trunk")
router.register("dids", DidViewSet, "did")
router.register("changes", ChangeViewSet, "change")
router.register("accounts", AccountViewSet, "account")
router.register("syncs", SyncViewSet, "sync")

urlpatterns = [
    *router.urls,
    *(
        path(
            f"{TRUNK}/{name}",
            RelatedDidViewSet.as_view({"get": "list"}),
            {"related_field": name},
            name=f"trunk-{name}",
        )
        for name in TrunkSerializer.relationships()
    ),
    *(
        path(
            f"{TRUNK}/relationships/{name}",
            DidsRelationshipView.as_view(
                self_link_view_name=f"api:trunk-{name}-linkage",
                related_link_view_name=f"api:trunk-{name}",
            ),
            {"related_field": name},
            name=f"trunk-{name}-linkage",
        )
        for name in TrunkSerializer.relationships()
    ),
    path(REGENERATIONS, RegenerationViewSet.as_view({"post": "create"}), name="regenerations"),
    path(
        f"{CHANGE}/voice_out_trunk", ChangedTrunk.as_view({"get": "retrieve"}), name="change-trunk"
    ),
    path(
        f"{CHANGE}/relationships/voice_out_trunk",
        ChangeRelationshipView.as_view(),
        {"related_field": "voice_out_trunk"},
        name="change-trunk-linkage",
    ),
    path("schema", schema, name="schema"),
    path("docs", docs, name="docs"),
    path("docs.js", docs_script, name="docs-script"),
    re_path("", NotRouted.as_view(), name="none"),
]
