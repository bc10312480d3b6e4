"""Trunks as resource objects, with what `include` asks for, in a constant number of queries.

Rows are read as plain tuples: a model instance and a serializer per trunk would cost a long list
several times what its SQL and JSON do.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from trunks import access
from trunks.api.did_documents import did_resources, did_rows, identifier
from trunks.api.documents import Resource, relation, resource
from trunks.api.queries import Query
from trunks.api.resources import TRUNKS
from trunks.domain import authentication
from trunks.domain.authentication import MEMBERS, AuthenticationMethod
from trunks.domain.units import METHOD
from trunks.models import Token, Trunk
from trunks.models.trunk import TrunkQuerySet
from trunks.services.secrets import open_methods

ABOUT = ("id", "spent_amount", "auth_attributes", "auth_username", "absent")
# `authentication_method` keeps its place among the attributes: its type is read there.
ATTRIBUTES = TRUNKS.attributes
COLUMNS = (*ABOUT, *("auth_type" if n == "authentication_method" else n for n in ATTRIBUTES))
Row = tuple[Any, ...]
Methods = Mapping[UUID, AuthenticationMethod | None]
Linkage = Mapping[UUID, Sequence[UUID]]


def trunk_rows(trunks: TrunkQuerySet) -> list[Row]:
    return list(trunks.values_list(*COLUMNS))


def trunk_resources(
    rows: Sequence[Row], query: Query, base: str, token: Token
) -> tuple[list[Resource], list[Resource] | None]:
    """The trunks, and what is included with them (None where nothing was asked for).

    A token with the scope `credentials` sees passwords: one more query opens them all and
    leaves one audit entry.
    """
    ids = [row[0] for row in rows]
    methods = _opened(ids, query, token)
    if not query.include:
        return [_resource(row, query, base, methods, {}) for row in rows], None
    dids, linkages = _included(ids, query, token)
    data = [_resource(row, query, base, methods, linkages) for row in rows]
    return data, did_resources(dids, query, base)


def _resource(
    row: Row,
    query: Query,
    base: str,
    methods: Methods,
    linkages: Mapping[str, Linkage],
) -> Resource:
    id_, spent, auth_attributes, username, absent, *values = row
    attributes = dict(zip(ATTRIBUTES, values, strict=True))
    type_ = attributes["authentication_method"]
    if (opened := methods.get(id_)) is not None:
        attributes["authentication_method"] = authentication.dump(opened)
    elif type_ is None:
        del attributes["authentication_method"]
    else:
        method = closed_method(type_, auth_attributes, username, absent)
        attributes["authentication_method"] = method
    for name in absent:
        attributes.pop(name, None)
    home = f"{base}/voice_out_trunks/{id_}"
    relations = {name: relation(home, name) for name in TRUNKS.relationships}
    for name, linkage in linkages.items():
        relations[name]["data"] = [identifier(did) for did in linkage.get(id_, ())]
    found = resource(TRUNKS.name, str(id_), attributes, relations, query)
    found["meta"] = {} if spent is None else {"spent_amount": spent}
    return found


def closed_method(
    type_: str, attributes: Mapping[str, Any], username: str | None, absent: Iterable[str]
) -> dict[str, Any]:
    """The method as its columns hold it: the password null, an unknown method by names alone.

    The same as `authentication.dump` of the stored value, without making the value.
    """
    if type_ not in MEMBERS:
        return {"type": type_, "attributes": dict.fromkeys(attributes)}
    shown = {name: attributes.get(name) for name in MEMBERS[type_]}
    if "username" in shown:
        shown["username"] = username
    if "allowed_sip_ips" in shown:
        shown["allowed_sip_ips"] = shown["allowed_sip_ips"] or []
    for name in absent:
        if name.startswith(METHOD):
            shown.pop(name.removeprefix(METHOD), None)
    return {"type": type_, "attributes": shown}


def _opened(ids: Sequence[UUID], query: Query, token: Token) -> Methods:
    wanted = query.fields.get(TRUNKS.name)
    is_hidden = wanted is not None and "authentication_method" not in wanted
    if is_hidden or not ids or not token.has_scope("credentials"):
        return {}
    trunks = Trunk.objects.filter(pk__in=ids).select_related("account", "customer")
    return open_methods(list(trunks), actor=access.actor_of(token))


def _included(
    ids: Sequence[UUID], query: Query, token: Token
) -> tuple[list[Row], dict[str, Linkage]]:
    """The linked DIDs by number, and who links to which: only what the asker may see."""
    pairs = {
        name: getattr(Trunk, name).through.objects.filter(trunk_id__in=ids)
        for name in query.include
    }
    linked = Q(pk__in=())
    for rows in pairs.values():
        linked |= Q(pk__in=rows.values("did_id"))
    dids = did_rows(access.dids_for(token).filter(linked).order_by("number", "pk"))
    places = {row[0]: place for place, row in enumerate(dids)}
    linkages = {
        name: _linkage(rows.values_list("trunk_id", "did_id"), places)
        for name, rows in pairs.items()
    }
    return dids, linkages


def _linkage(pairs: Iterable[tuple[UUID, UUID]], places: Mapping[UUID, int]) -> Linkage:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for trunk, did in pairs:
        if did in places:
            found[trunk].append(did)
    for dids in found.values():
        dids.sort(key=places.__getitem__)
    return found
