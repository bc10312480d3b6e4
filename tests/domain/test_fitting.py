"""One patch for many trunks means to each what it can mean to it."""

from tests.domain.strategies import DEFAULTS, NETWORKS
from trunks.domain.fitting import fit
from trunks.domain.patch import Edit, Patch, Put, Whole
from trunks.domain.units import METHOD, SIP_IPS, TYPE

PREFIX = METHOD + "tech_prefix"
CREDENTIALS = {**DEFAULTS, TYPE: "credentials_and_ip", SIP_IPS: NETWORKS[:1], PREFIX: None}
TWILIO = {**DEFAULTS, TYPE: "twilio", METHOD + "twilio_account_sid": "AC" + "0" * 32}
PATCH: Patch = {SIP_IPS: Edit(add=NETWORKS[1:2]), PREFIX: Put("7"), "capacity_limit": Put(5)}


def test_what_goes_with_the_trunk_is_kept_whole():
    assert fit(PATCH, CREDENTIALS) == (PATCH, [])


def test_what_only_another_method_has_is_left_out_and_said():
    kept, notes = fit(PATCH, TWILIO)
    assert kept == {"capacity_limit": Put(5)}
    assert notes == ["Twilio has no networks.", "Twilio has no tech prefix."]


def test_a_method_set_by_the_same_patch_takes_its_settings_along():
    patch: Patch = {TYPE: Put("credentials_and_ip"), SIP_IPS: Whole(NETWORKS[:1])}
    assert fit(patch, TWILIO) == (patch, [])


def test_an_unknown_method_is_left_alone():
    kept, notes = fit(PATCH, {**DEFAULTS, TYPE: "carrier_pigeon"})
    assert kept == {"capacity_limit": Put(5)}
    assert notes == ["The settings of the method “carrier_pigeon” cannot be changed here."]


def test_adding_a_network_never_narrows_media_that_comes_from_anywhere():
    patch: Patch = {"allowed_rtp_ips": Edit(add=NETWORKS[:1])}
    assert fit(patch, CREDENTIALS) == ({}, ["Media is accepted from anywhere already."])
    narrowed = {**CREDENTIALS, "allowed_rtp_ips": NETWORKS[2:3]}
    assert fit(patch, narrowed) == (patch, [])
    replaced: Patch = {"allowed_rtp_ips": Whole(NETWORKS[:1])}
    assert fit(replaced, CREDENTIALS) == (replaced, [])
