"""Which trunks a bulk act is about: those ticked on the list, or all that pass its filter.

It travels signed in the form. A filter is asked again when the form is sent: what it holds then
counts, and the page says when that is no longer what was shown.
"""

import copy
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, QueryDict

from trunks import access
from trunks.models.trunk import TrunkQuerySet
from trunks.web.forms.numbers import read_ids
from trunks.web.staff import trunk_filters
from trunks.web.words import counted

SALT = "trunks.web.staff.selection"
GOOD_FOR_SECONDS = 24 * 3600
MOST = 5_000  # trunks in one plan
ALL = "all"  # value of `which`: everything that passes the filter
FILTER = (*trunk_filters.PARAMS, "tab")


class Unsigned(Exception):
    """Altered, too old, or made for another person."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Either ids, or the list's filter as it stands in a URL. `shown`: how many trunks it held
    when the page was made."""

    ids: tuple[str, ...] = ()
    query: str = ""
    is_filter: bool = False
    shown: int = 0

    def trunks(self, request: HttpRequest) -> TrunkQuerySet:
        """Those that exist upstream and that whoever asks may see."""
        if not self.is_filter:
            return access.trunks_for(request.user).present().filter(pk__in=self.ids)
        asked = copy.copy(request)
        asked.GET = QueryDict(self.query)
        tab = trunk_filters.TABS[trunk_filters.tab_of(asked)][1]()
        return trunk_filters.found(asked).filter(tab & Q(gone_at=None))

    @property
    def words(self) -> str:
        if not self.is_filter:
            return counted(self.shown, "selected trunk")
        if not self.query:
            return f"all {counted(self.shown, 'trunk')}"
        return f"all {counted(self.shown, 'trunk')} that match the filter"

    def signed(self, request: HttpRequest) -> str:
        document = {
            "user": str(request.user.pk),
            "ids": self.ids,
            "query": self.query,
            "is_filter": self.is_filter,
            "shown": self.shown,
        }
        return signing.dumps(document, salt=SALT, compress=True)


def asked_for(request: HttpRequest) -> Selection:
    """As the list's form sent it, counted."""
    is_filter = request.GET.get("which") == ALL
    query = _filter_of(request) if is_filter else ""
    ids = () if is_filter else read_ids(request.GET.getlist("trunk"))
    return counting(request, Selection(ids, query, is_filter))


def counting(request: HttpRequest, selection: Selection) -> Selection:
    shown = selection.trunks(request).count()
    return Selection(selection.ids, selection.query, selection.is_filter, shown)


def _filter_of(request: HttpRequest) -> str:
    query = QueryDict(mutable=True)
    for name in FILTER:
        if value := request.GET.get(name):
            query[name] = value
    return query.urlencode()


def opened(request: HttpRequest, text: str) -> Selection:
    """The selection that a form of ours carried; raises `Unsigned`."""
    try:
        document: dict[str, Any] = signing.loads(text, salt=SALT, max_age=GOOD_FOR_SECONDS)
        if document["user"] != str(request.user.pk):
            raise Unsigned
        return Selection(
            tuple(document["ids"]), document["query"], document["is_filter"], document["shown"]
        )
    except (signing.BadSignature, ValueError, TypeError, KeyError):
        raise Unsigned from None
