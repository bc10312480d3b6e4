"""Tokens: shown once, kept as a digest, refused the moment they should be."""

from datetime import timedelta

import pytest

from trunks.access import actor_of
from trunks.domain.actor import SYSTEM
from trunks.domain.problems import Invalid
from trunks.models import Token
from trunks.models.clock import database_now
from trunks.services.errors import Denied
from trunks.services.tokens import create_token, find_token, revoke_token

pytestmark = pytest.mark.django_db


def test_a_token_is_found_by_its_text_and_kept_without_its_secret():
    token, text = create_token("billing", scopes=["write"], actor=SYSTEM)
    assert find_token(text) == token
    secret = text.split("_", 2)[2]
    assert secret not in str(Token.objects.values().get())


def test_no_scope_means_read():
    token, _ = create_token("billing", scopes=[], actor=SYSTEM)
    assert token.scopes == ["read"]
    assert not actor_of(token).may("change_trunk")


@pytest.mark.parametrize("change", ["secret", "key", "shape", "empty"])
def test_a_wrong_token_is_not_found(change):
    _, text = create_token("billing", scopes=["read"], actor=SYSTEM)
    wrong = {
        "secret": text[:-1] + ("A" if text[-1] != "A" else "B"),
        "key": text.replace(text[3:15], "a" * 12),
        "shape": text.upper(),
        "empty": "",
    }[change]
    assert find_token(wrong) is None


def test_an_expired_or_revoked_token_is_not_found():
    token, text = create_token("billing", scopes=["read"], expires_days=1, actor=SYSTEM)
    Token.objects.filter(pk=token.pk).update(expires_at=database_now() - timedelta(seconds=1))
    assert find_token(text) is None
    token, text = create_token("billing", scopes=["read"], actor=SYSTEM)
    Token.objects.filter(pk=token.pk).update(revoked_at=database_now())
    assert find_token(text) is None


def test_an_older_pepper_still_checks_and_a_dropped_one_does_not(settings):
    _, text = create_token("billing", scopes=["read"], actor=SYSTEM)
    settings.TOKEN_PEPPERS = [*settings.TOKEN_PEPPERS, "2:a-new-pepper"]
    assert find_token(text) is not None
    newer, newer_text = create_token("newer", scopes=["read"], actor=SYSTEM)
    assert newer.pepper == 2
    settings.TOKEN_PEPPERS = ["2:a-new-pepper"]
    assert find_token(text) is None
    assert find_token(newer_text) == newer


def test_its_use_is_noted_at_most_once_a_minute(django_assert_num_queries):
    _, text = create_token("billing", scopes=["read"], actor=SYSTEM)
    used = find_token(text)
    assert used is not None
    with django_assert_num_queries(2):  # the token, the clock
        find_token(text)
    used.refresh_from_db()
    assert used.last_used_at is not None


def test_odd_lifetimes_and_names_are_refused():
    for days in (0, 10**9):
        with pytest.raises(Invalid):
            create_token("billing", scopes=[], actor=SYSTEM, expires_days=days)
    with pytest.raises(Invalid):
        create_token(" ", scopes=[], actor=SYSTEM)


def test_owners_make_and_end_tokens_of_their_customer_alone(alice, ann, acme, bolt):
    owner = actor_of(alice)
    token, text = create_token("PBX", scopes=["read"], customer=acme, actor=owner)
    for customer in (bolt, None):
        with pytest.raises(Denied):
            create_token("PBX", scopes=["read"], customer=customer, actor=owner)
    with pytest.raises(Denied):
        create_token("PBX", scopes=["read"], customer=acme, actor=actor_of(ann))
    theirs, _ = create_token("PBX", scopes=["read"], customer=bolt, actor=SYSTEM)
    house, _ = create_token("PBX", scopes=["read"], actor=SYSTEM)
    for other in (theirs, house):
        with pytest.raises(Invalid, match="not known"):
            revoke_token(other.key_id, actor=owner)
    revoke_token(token.key_id, actor=owner)
    assert find_token(text) is None
