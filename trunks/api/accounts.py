"""accounts: the upstream accounts, without their keys; list and read."""

from urllib.parse import urlsplit

from rest_framework.request import Request
from rest_framework.response import Response

from trunks import access
from trunks.api.documents import Resource, answer, instant, one, page_of, resource
from trunks.api.lookups import numbered
from trunks.api.pages import Page
from trunks.api.queries import Query, read_query
from trunks.api.resources import ACCOUNTS
from trunks.api.views import ApiView
from trunks.models import Account


class AccountList(ApiView):
    def get(self, request: Request) -> Response:
        query = read_query(request, ACCOUNTS, is_list=True)
        page = Page(request, query)
        accounts = page.cut(query.narrow(access.accounts_for(self.token)))
        return answer(page_of(page, [account_resource(account, query) for account in accounts]))


class AccountDetail(ApiView):
    def get(self, request: Request, id: str) -> Response:
        query = read_query(request, ACCOUNTS, is_list=False)
        account = numbered(access.accounts_for(self.token), id)
        return answer(one(account_resource(account, query)))


def account_resource(account: Account, query: Query) -> Resource:
    attributes = {
        "name": account.name,
        "host": host_of(account.base_url),
        "pause": account.pause or None,
        "pause_reason": account.pause_reason,
        "pulled_at": instant(account.pulled_at),
        "dids_pulled_at": instant(account.dids_pulled_at),
    }
    return resource(ACCOUNTS, account.pk, attributes, {}, query)


def host_of(url: str) -> str:
    """Host and port: what else a URL may hold is nobody's business here."""
    return urlsplit(url).netloc.rpartition("@")[2]
