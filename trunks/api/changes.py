"""changes: what was asked of trunks and what became of it; list and read."""

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api.change_documents import change_resource, change_url, trunk_identifier
from trunks.api.documents import answer, one, page_of, relation
from trunks.api.lookups import row_of
from trunks.api.pages import Page
from trunks.api.queries import read_query
from trunks.api.resources import CHANGES, TRUNKS
from trunks.api.trunks import TrunkView
from trunks.api.views import META, ApiView


class ChangeList(ApiView):
    def get(self, request: Request) -> Response:
        query = read_query(request, CHANGES, is_list=True)
        page = Page(request, query)
        changes = page.cut(query.narrow(access.changes_for(self.token)))
        data = [change_resource(change, self.base, query) for change in changes]
        return answer(page_of(page, data))


class ChangeDetail(ApiView):
    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, CHANGES, is_list=False)
        change = row_of(access.changes_for(self.token), id)
        return answer(one(change_resource(change, self.base, query)))


class ChangedTrunk(TrunkView):
    """The trunk of a change; null while a create has not made it, 404 once it is gone."""

    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, TRUNKS, is_list=False)
        change = row_of(access.changes_for(self.token), id)
        if change.trunk_id is None:
            return answer(one(None))
        return self.show(change.trunk_id, query)


class ChangedTrunkLinkage(ApiView):
    def get(self, request: Request, id: str) -> Response:
        read_query(request, CHANGES, is_list=False)
        change = row_of(access.changes_for(self.token), id)
        links = relation(change_url(self.base, change), "voice_out_trunk")["links"]
        return answer({"links": links, "data": trunk_identifier(change), "meta": META})
