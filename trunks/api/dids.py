"""dids: list and read; nothing of a number is changed here."""

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api.did_documents import did_resources, did_rows
from trunks.api.documents import answer, one, page_of
from trunks.api.lookups import row_of
from trunks.api.pages import Page
from trunks.api.queries import read_query
from trunks.api.resources import DIDS
from trunks.api.views import ApiView


class DidList(ApiView):
    def get(self, request: Request) -> Response:
        query = read_query(request, DIDS, is_list=True)
        page = Page(request, query)
        rows = did_rows(page.cut(query.narrow(access.dids_for(self.token).present())))
        return answer(page_of(page, did_resources(rows, query, self.base)))


class DidDetail(ApiView):
    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, DIDS, is_list=False)
        dids = access.dids_for(self.token).present()
        row = did_rows(dids.filter(pk=row_of(dids, id).pk))[0]
        return answer(one(did_resources([row], query, self.base)[0]))
