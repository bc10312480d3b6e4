"""syncs: the pulls of the accounts; list and read."""

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api.documents import Resource, answer, instant, one, page_of, resource
from trunks.api.lookups import numbered
from trunks.api.pages import Page
from trunks.api.queries import Query, read_query
from trunks.api.resources import SYNCS
from trunks.api.views import ApiView
from trunks.models import SyncRun

INSTANTS = ("started_at", "finished_at")


class SyncList(ApiView):
    def get(self, request: Request) -> Response:
        query = read_query(request, SYNCS, is_list=True)
        page = Page(request, query)
        syncs = page.cut(query.narrow(access.syncs_for(self.token)))
        return answer(page_of(page, [sync_resource(sync, query, self.base) for sync in syncs]))


class SyncDetail(ApiView):
    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, SYNCS, is_list=False)
        sync = numbered(access.syncs_for(self.token), id)
        return answer(one(sync_resource(sync, query, self.base)))


def sync_resource(sync: SyncRun, query: Query, base: str) -> Resource:
    attributes = {name: getattr(sync, name) for name in SYNCS.attributes}
    attributes |= {name: instant(attributes[name]) for name in INSTANTS}
    account = {
        "links": {"related": f"{base}/accounts/{sync.account_id}"},
        "data": {"type": "accounts", "id": str(sync.account_id)},
    }
    return resource(SYNCS, sync.pk, attributes, {"account": account}, query)
