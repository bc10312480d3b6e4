"""The API's paths: the upstream's own, without slashes at the end."""

from django.urls import path, re_path

from trunks.api.accounts import AccountDetail, AccountList
from trunks.api.changes import ChangeDetail, ChangedTrunk, ChangedTrunkLinkage, ChangeList
from trunks.api.dids import DidDetail, DidList
from trunks.api.regenerations import Regenerations
from trunks.api.relationships import Linkage, RelatedDids
from trunks.api.resources import REGENERATIONS, TRUNKS
from trunks.api.schema.views import docs, docs_script, schema
from trunks.api.syncs import SyncDetail, SyncList
from trunks.api.trunks import TrunkDetail, TrunkList
from trunks.api.views import NotRouted

app_name = "api"
TRUNK = f"{TRUNKS.name}/<str:id>"
CHANGE = "changes/<str:id>"

urlpatterns = [
    path(TRUNKS.name, TrunkList.as_view(), name="trunk-list"),
    path(TRUNK, TrunkDetail.as_view(), name="trunk-detail"),
    *(
        path(f"{TRUNK}/{name}", RelatedDids.as_view(relation=name), name=f"trunk-{name}")
        for name in TRUNKS.relationships
    ),
    *(
        path(
            f"{TRUNK}/relationships/{name}",
            Linkage.as_view(relation=name),
            name=f"trunk-{name}-linkage",
        )
        for name in TRUNKS.relationships
    ),
    path(REGENERATIONS, Regenerations.as_view(), name="regenerations"),
    path("dids", DidList.as_view(), name="did-list"),
    path("dids/<str:id>", DidDetail.as_view(), name="did-detail"),
    path("changes", ChangeList.as_view(), name="change-list"),
    path(CHANGE, ChangeDetail.as_view(), name="change-detail"),
    path(f"{CHANGE}/voice_out_trunk", ChangedTrunk.as_view(), name="change-trunk"),
    path(
        f"{CHANGE}/relationships/voice_out_trunk",
        ChangedTrunkLinkage.as_view(),
        name="change-trunk-linkage",
    ),
    path("accounts", AccountList.as_view(), name="account-list"),
    path("accounts/<str:id>", AccountDetail.as_view(), name="account-detail"),
    path("syncs", SyncList.as_view(), name="sync-list"),
    path("syncs/<str:id>", SyncDetail.as_view(), name="sync-detail"),
    path("schema", schema, name="schema"),
    path("docs", docs, name="docs"),
    path("docs.js", docs_script, name="docs-script"),
    re_path("", NotRouted.as_view(), name="none"),
]
