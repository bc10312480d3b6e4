"""Second factors: who has one, and their secrets under a new key."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from trunks.domain.actor import Actor, Denied
from trunks.domain.secrets import Sealed
from trunks.models import User
from trunks.models.fields import current_seal
from trunks.services import audit
from trunks.services.sessions import end_sessions

SEALED = ("secret", "seed")  # of an app that makes codes; of the recovery codes


def has_second_factor(user: User | AnonymousUser) -> bool:
    """An app that makes codes; recovery codes alone are none."""
    apps = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP)
    return bool(apps.exists())


def forget_second_factor(user: User, *, actor: Actor) -> bool:
    """For who has lost the phone and the codes: the password alone signs them in, until they set
    one up again. Whether there was one. Raises `Denied`."""
    if actor.kind != "system":
        raise Denied(f"{actor.label} may not take a second factor away")
    with transaction.atomic():
        found, _ = Authenticator.objects.filter(user_id=user.pk).delete()
        if found:
            audit.record("second_factor_forgotten", actor=actor, subject=user)
    end_sessions(user)
    return bool(found)


def reseal_second_factors() -> int:
    """Put the secrets of all second factors under the first key; how many were written."""
    return sum(_reseal(pk) for pk in list(Authenticator.objects.values_list("pk", flat=True)))


def _reseal(pk: int) -> int:
    with transaction.atomic():
        one = Authenticator.objects.select_for_update().filter(pk=pk).first()
        sealed = [name for name in SEALED if one and name in one.data]
        for name in sealed:
            one.data[name] = current_seal().rotate(Sealed(one.data[name])).ciphertext
        if sealed:
            one.save(update_fields=["data"])
    return len(sealed)
