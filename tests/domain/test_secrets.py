"""Secrets never print themselves, and a seal outlives its keys."""

import copy
import json
import logging
import pickle
import traceback
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from trunks.domain.authentication import CredentialsAndIp
from trunks.domain.secrets import Seal, Sealed, Secret, Unreadable, seal_with

CLEAR = "hunter2"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRETS = (Secret(CLEAR), Sealed(CLEAR))


@pytest.mark.parametrize("secret", SECRETS, ids=("clear", "sealed"))
def test_no_way_of_printing_shows_it(secret, caplog):
    method = CredentialsAndIp(password=secret)
    held = {"password": secret, "list": [secret], "method": method, "other": replace(method)}
    logging.getLogger("trunks").warning("%s %r %s", secret, secret, held)
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{secret!a}",
    ]
    shown += [format(secret), str(held), repr(held), str(Exception(secret)), caplog.text]
    assert not any(CLEAR in text for text in shown)


@pytest.mark.parametrize("secret", SECRETS, ids=("clear", "sealed"))
def test_no_traceback_shows_it_even_with_its_locals(secret):
    try:
        raise ValueError(secret)
    except ValueError as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert CLEAR not in "".join(report.format()).replace("CLEAR", "")


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, copy.deepcopy])
def test_a_secret_in_clear_is_not_written_by_accident(write):
    with pytest.raises(TypeError):
        write({"password": Secret(CLEAR)})


def test_a_secret_is_still_a_value():
    assert Secret(CLEAR) == Secret(CLEAR) != Secret("other")
    assert len({Secret(CLEAR), Secret(CLEAR)}) == 1
    with pytest.raises(AttributeError):
        Secret(CLEAR).clear = "other"  # type: ignore[misc]


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_closed_can_be_opened_and_shows_nothing_meanwhile(clear):
    sealed = seal_with((OLD,)).close(Secret(clear))
    assert seal_with((OLD,)).open(sealed) == Secret(clear)
    assert len(clear) < 4 or clear not in sealed.ciphertext
    assert seal_with((OLD,)).close(clear) != sealed  # the same twice is not seen to be the same


def test_the_first_key_closes_and_every_key_opens():
    sealed = Seal([OLD]).close(CLEAR)
    both = Seal([NEW, OLD])
    assert both.open(sealed) == Secret(CLEAR)
    assert Seal([NEW]).open(both.close(CLEAR)) == Secret(CLEAR)


def test_after_rotation_the_old_key_may_go():
    sealed = Seal([OLD]).close(CLEAR)
    rotated = Seal([NEW, OLD]).rotate(sealed)
    assert Seal([NEW]).open(rotated) == Secret(CLEAR)
    with pytest.raises(Unreadable):
        Seal([NEW]).open(sealed)


@pytest.mark.parametrize("ciphertext", ["", "x", "gAAAA", "é" * 100, CLEAR])
def test_what_no_key_opens_is_unreadable_and_not_quoted(ciphertext):
    for touch in (Seal([OLD]).open, Seal([OLD]).rotate):
        with pytest.raises(Unreadable) as caught:
            touch(Sealed(ciphertext))
        assert str(caught.value) == ""
