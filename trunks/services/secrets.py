"""Where sealed secrets are opened for someone: nowhere else, and each time on record."""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from django.db import models, transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.authentication import AuthenticationMethod, CredentialsAndIp, Unknown
from trunks.domain.problems import Invalid, Problem
from trunks.domain.secrets import Sealed
from trunks.models import Account, Trunk
from trunks.models.fields import SealedField, current_seal
from trunks.services import audit
from trunks.services.mirroring import fingerprint_key
from trunks.services.second_factors import reseal_second_factors
from trunks.upstream.values import credentials_fingerprint

RESEAL_BATCH = 200


def reveal_password(trunk: Trunk, *, actor: Actor, reason: str) -> str:
    """One trunk's SIP password in clear, with an audit entry written first.

    Raises `Denied`, or `Invalid` without a password or, of staff, without a reason.
    """
    is_theirs = actor.customer_id in (None, trunk.customer_id)
    if not (is_theirs and actor.may("reveal_password")):
        raise Denied(f"{actor.label} may not reveal passwords")
    if not reason.strip() and actor.customer_id is None:
        raise Invalid([Problem("reason", "can't be blank")])
    if trunk.auth_password is None:
        raise Invalid([Problem("", "has no password")])
    audit.record("password_revealed", actor=actor, subject=trunk, reason=reason)
    return current_seal().open(trunk.auth_password).clear


def open_methods(
    trunks: Sequence[Trunk], *, actor: Actor
) -> dict[UUID, AuthenticationMethod | None]:
    """The methods of many trunks with their secrets open, by trunk id; one audit entry names
    the trunks whose secrets went out. Raises `Denied`."""
    if not actor.may("reveal_password"):
        raise Denied(f"{actor.label} may not see credentials")
    holding = [str(t.pk) for t in trunks if t.auth_password is not None or t.unknown is not None]
    if holding:
        owners = {trunk.customer for trunk in trunks}
        owner = owners.pop() if len(owners) == 1 else None
        audit.record("credentials_read", actor=actor, customer=owner, trunks=holding)
    return {trunk.pk: _opened(trunk) for trunk in trunks}


def _opened(trunk: Trunk) -> AuthenticationMethod | None:
    method = trunk.authentication_method
    if isinstance(method, CredentialsAndIp) and isinstance(method.password, Sealed):
        return replace(method, password=current_seal().open(method.password))
    if isinstance(method, Unknown):
        opened = unknown_members(trunk).get("authentication_method", {})
        return replace(method, attributes=opened)
    return method


def unknown_members(trunk: Trunk) -> dict[str, Any]:
    """What upstream sent that this version has no column for; {} when nothing."""
    if trunk.unknown is None:
        return {}
    opened: dict[str, Any] = orjson.loads(current_seal().open(trunk.unknown).clear)
    return opened


def same_credentials(trunk: Trunk, username: str | None, password: str | None) -> bool:
    """Whether what a program sent back is what is mirrored, told by fingerprint alone.

    None stands for "not sent". A username alone is compared as it is.
    """
    if username is not None and username != trunk.auth_username:
        return False
    if password is None:
        return True
    sent = (trunk.auth_username or "", password)
    digest = credentials_fingerprint(sent, fingerprint_key(trunk.account))
    return hmac.compare_digest(digest, trunk.credentials_fingerprint)


def reseal_secrets() -> int:
    """Put every sealed value under the first key; how many were written. Safe beside traffic:
    a row that changes meanwhile is sealed with the first key by whoever changes it."""
    rows = sum(_reseal(model, field) for model in (Account, Trunk) for field in _sealed(model))
    return rows + reseal_second_factors()


def _sealed(model: type[models.Model]) -> list[str]:
    return [f.name for f in model._meta.concrete_fields if isinstance(f, SealedField)]


def _reseal(model: type[models.Model], field: str) -> int:
    done = 0
    keys = (
        model._default_manager.exclude(**{field: None}).order_by("pk").values_list("pk", flat=True)
    )
    ids = list(keys)
    for start in range(0, len(ids), RESEAL_BATCH):
        with transaction.atomic():
            for pk, sealed in model._default_manager.filter(
                pk__in=ids[start : start + RESEAL_BATCH]
            ).values_list("pk", field):
                if sealed is None:
                    continue
                fresh = current_seal().rotate(sealed)
                unchanged = model._default_manager.filter(pk=pk, **{field: sealed})
                done += unchanged.update(**{field: fresh})
    return done
