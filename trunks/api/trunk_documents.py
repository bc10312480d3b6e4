"""Trunks as resource objects, with what `include` asks for, in a constant number of queries.

Rows are read as plain tuples: a model instance and a serializer per trunk would cost a long list
several times what its SQL and JSON do.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet

from trunks import access
from trunks.api.columns import EMPTY_LIST, as_json, as_text, id_of
from trunks.api.did_documents import did_resources, did_rows
from trunks.api.documents import Resource
from trunks.api.queries import Query
from trunks.api.resources import LinkTemplate, pruned
from trunks.api.serializers import TrunkSerializer
from trunks.domain import authentication
from trunks.domain.authentication import MEMBERS, AuthenticationMethod
from trunks.domain.units import METHOD
from trunks.models import Token, Trunk
from trunks.services.secrets import open_methods

TYPE = TrunkSerializer.name()
ATTRIBUTES = TrunkSerializer.attributes()
ABOUT = ("spent_amount", "auth_username")
AS_TEXT = ("id", "auth_attributes", "absent")
LISTS = ("dst_prefixes", "allowed_rtp_ips")
Row = tuple[Any, ...]
Methods = Mapping[UUID, AuthenticationMethod | None]
Linkage = Mapping[str, Sequence[str]]  # trunk id -> DID ids


def trunk_rows(trunks: QuerySet[Trunk]) -> QuerySet[Trunk, Row]:
    """Id, method's attributes and absent members as text; spent and username; the attributes.

    `authentication_method` keeps its place among them: its type is read there.
    """
    columns: list[Any] = [as_text(n) if n in LISTS else n for n in ATTRIBUTES]
    columns[ATTRIBUTES.index("authentication_method")] = "auth_type"
    return trunks.values_list(*(as_text(name) for name in AS_TEXT), *ABOUT, *columns)


def trunk_resources(
    rows: Iterable[Row], query: Query, base: str, token: Token
) -> tuple[list[Resource], list[Resource] | None]:
    """The trunks, and what is included with them (None where nothing was asked for).

    A token with the scope `credentials` sees passwords: one more query opens them all and
    leaves one audit entry.
    """
    rows = [(id_of(row[0]), *row[1:]) for row in rows]
    ids = [row[0] for row in rows]
    links = LinkTemplate(base, TrunkSerializer, query)
    methods = _opened(ids, query, token)
    dids, linkages = _included(ids, query, token) if query.include else (None, {})
    data = [_resource(row, query, links, methods, linkages) for row in rows]
    return data, None if dids is None else did_resources(dids, query, base, token)[0]


def _resource(
    row: Row,
    query: Query,
    links: LinkTemplate,
    methods: Methods,
    linkages: Mapping[str, Linkage],
) -> Resource:
    id_, auth_attributes, absent_text, spent, username, *values = row
    absent = () if absent_text == EMPTY_LIST else orjson.loads(absent_text)
    attributes = dict(zip(ATTRIBUTES, values, strict=True))
    for name in LISTS:
        attributes[name] = as_json(attributes[name])
    type_ = attributes["authentication_method"]
    if methods and (opened := methods.get(UUID(id_))) is not None:
        attributes["authentication_method"] = authentication.dump(opened)
    elif type_ is not None:
        own = None if auth_attributes is None else orjson.loads(auth_attributes)
        method = closed_method(type_, own, username, absent)
        attributes["authentication_method"] = method
    for name in absent:
        attributes.pop(name, None)
    linked = {name: linkage.get(id_, ()) for name, linkage in linkages.items()}
    found = pruned(TYPE, id_, attributes, links.relationships(id_, linked), query)
    found["meta"] = {} if spent is None else {"spent_amount": spent}
    return found


def closed_method(
    type_: str, attributes: Mapping[str, Any] | None, username: str | None, absent: Iterable[str]
) -> dict[str, Any]:
    """The method as its columns hold it: the password null, an unknown method by names alone.

    The same as `authentication.dump` of the stored value, without making the value.
    """
    if METHOD + "attributes" in absent:
        return {"type": type_}
    if attributes is None:
        return {"type": type_, "attributes": None}
    if type_ not in MEMBERS:
        return {"type": type_, "attributes": dict.fromkeys(attributes)}
    shown = {name: attributes.get(name) for name in MEMBERS[type_]}
    if "username" in shown:
        shown["username"] = username
    for name in absent:
        if name.startswith(METHOD):
            shown.pop(name.removeprefix(METHOD), None)
    return {"type": type_, "attributes": shown}


def _opened(ids: Sequence[str], query: Query, token: Token) -> Methods:
    wanted = query.fields.get(TYPE)
    is_hidden = wanted is not None and "authentication_method" not in wanted
    if is_hidden or not ids or not token.has_scope("credentials"):
        return {}
    trunks = Trunk.objects.filter(pk__in=ids).select_related("account", "customer")
    return open_methods(list(trunks), actor=access.actor_of(token))


def _included(
    ids: Sequence[str], query: Query, token: Token
) -> tuple[list[Row], dict[str, Linkage]]:
    """The linked DIDs by number, and who links to which: only what the asker may see."""
    pairs = {name: access.links_for(token, name).filter(trunk_id__in=ids) for name in query.include}
    linked = Q(pk__in=())
    for rows in pairs.values():
        linked |= Q(pk__in=rows.values("did_id"))
    dids = list(did_rows(access.dids_for(token).filter(linked).order_by("number", "pk")))
    places = {id_of(row[0]): place for place, row in enumerate(dids)}
    linkages = {
        name: _linkage(rows.values_list(as_text("trunk_id"), as_text("did_id")), places)
        for name, rows in pairs.items()
    }
    return dids, linkages


def _linkage(pairs: Iterable[tuple[str, str]], places: Mapping[str, int]) -> Linkage:
    found: dict[str, list[str]] = defaultdict(list)
    for trunk, did in pairs:
        if (id_ := id_of(did)) in places:
            found[id_of(trunk)].append(id_)
    for dids in found.values():
        dids.sort(key=places.__getitem__)
    return found
