"""From an id in a URL or a body to a row that the token may see, or the upstream's 404."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from trunks import access
from trunks.api import errors
from trunks.api.filters import read_uuid
from trunks.models import Account, Token, Trunk
from trunks.services.errors import Invalid, Problem

Row = TypeVar("Row", bound=Model)


def row_of(rows: QuerySet[Row], id_: str) -> Row:
    """By UUID; what is no UUID identifies nothing."""
    pk = read_uuid(id_)
    row = None if pk is None else rows.filter(pk=pk).first()
    if row is None:
        raise errors.not_found(id_)
    return row


def numbered(rows: QuerySet[Row], id_: str) -> Row:
    """By one of our own ids, a number."""
    fits = id_.isascii() and id_.isdigit() and len(id_) < 19
    row = rows.filter(pk=int(id_)).first() if fits else None
    if row is None:
        raise errors.not_found(id_)
    return row


def trunk_of(token: Token, id_: str) -> Trunk:
    """A trunk that is there: a tombstone is a 404 here."""
    trunks: Any = access.trunks_for(token).present()
    return row_of(trunks.select_related("account", "customer"), id_)


def account_for_create(token: Token) -> Account:
    """The token's account, else the only one."""
    if token.account is not None:
        return token.account
    accounts = list(access.accounts_for(token)[:2])
    if len(accounts) == 1:
        return accounts[0]
    why = (
        "this token names no account and there are several: make a token with one"
        if accounts
        else "there is no upstream account yet"
    )
    raise Invalid([Problem("", f"can't be created: {why}")])
