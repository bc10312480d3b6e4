"""The types of resources, their attributes and relationships.

Attributes stand in the order in which the upstream's real answers give them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TRUNKS = "voice_out_trunks"
DIDS = "dids"
REGENERATIONS = "voice_out_trunk_regenerate_credentials"

ON_CLI_MISMATCH_ACTIONS = ("send_original_cli", "reject_call", "replace_cli", "randomize_cli")
GATED_ACTIONS = ("replace_cli", "randomize_cli")
DESTINATION_ACTIONS = ("allow_all", "reject_all")
MEDIA_ENCRYPTION_MODES = ("disabled", "srtp_sdes", "srtp_dtls", "zrtp")
STATUSES = ("active", "blocked")
METHODS = ("credentials_and_ip", "ip_only", "twilio")
FEATURES = ("voice_in", "voice_out", "t38", "sms_in", "p2p", "a2p", "emergency", "cnam_out")

# What a trunk has when a create does not say; name, action and method have no default.
TRUNK_DEFAULTS: dict[str, Any] = {
    "allowed_rtp_ips": None,
    "allow_any_did_as_cli": False,
    "status": "active",
    "on_cli_mismatch_action": None,
    "name": None,
    "capacity_limit": None,
    "created_at": None,
    "threshold_reached": False,
    "threshold_amount": "3000.0",
    "media_encryption_mode": "disabled",
    "default_dst_action": "allow_all",
    "dst_prefixes": [],
    "force_symmetric_rtp": False,
    "rtp_ping": False,
    "callback_url": None,
    "external_reference_id": None,
    "authentication_method": None,
    "emergency_enable_all": False,
    "rtp_timeout": 30,
}
READ_ONLY_TRUNK_ATTRIBUTES = ("created_at", "threshold_reached")
WRITABLE_TRUNK_ATTRIBUTES = tuple(
    name for name in TRUNK_DEFAULTS if name not in READ_ONLY_TRUNK_ATTRIBUTES
)
# default_did can be written and filtered by, and is in no answer.
WRITABLE_TRUNK_RELATIONS = ("dids", "emergency_dids", "default_did")

DID_ATTRIBUTES = (
    "number",
    "blocked",
    "capacity_limit",
    "description",
    "terminated",
    "awaiting_registration",
    "created_at",
    "billing_cycles_count",
    "channels_included_count",
    "dedicated_channels_count",
    "emergency_enabled",
    "expires_at",
)


@dataclass(frozen=True)
class Relation:
    """A relationship: the type at its other end, and whether it leads to many."""

    type: str
    many: bool = False


@dataclass(frozen=True)
class ResourceType:
    name: str
    attributes: tuple[str, ...]
    relations: dict[str, Relation] = field(default_factory=dict)
    sorts: tuple[str, ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """What `fields[...]` may name."""
        return frozenset(("id", *self.attributes, *self.relations))


_TYPES = (
    ResourceType(
        TRUNKS,
        tuple(TRUNK_DEFAULTS),
        {"dids": Relation(DIDS, many=True), "emergency_dids": Relation(DIDS, many=True)},
        (
            "allow_any_did_as_cli",
            "created_at",
            "external_reference_id",
            "name",
            "threshold_reached",
        ),
    ),
    ResourceType(
        DIDS,
        DID_ATTRIBUTES,
        {
            "did_group": Relation("did_groups"),
            "order": Relation("orders"),
            "capacity_pool": Relation("capacity_pools"),
            "shared_capacity_group": Relation("shared_capacity_groups"),
            "address_verification": Relation("address_verifications"),
            "voice_in_trunk": Relation("voice_in_trunks"),
            "voice_in_trunk_group": Relation("voice_in_trunk_groups"),
            "emergency_calling_service": Relation("emergency_calling_services"),
            "emergency_verification": Relation("emergency_verifications"),
            "identity": Relation("identities"),
        },
        (
            "awaiting_registration",
            "billing_cycles_count",
            "blocked",
            "capacity_limit",
            "channels_included_count",
            "created_at",
            "dedicated_channels_count",
            "description",
            "expires_at",
            "number",
            "terminated",
        ),
    ),
    ResourceType(
        "did_groups",
        (
            "prefix",
            "features",
            "is_metered",
            "area_name",
            "allow_additional_channels",
            "service_restrictions",
        ),
        {
            "country": Relation("countries"),
            "region": Relation("regions"),
            "city": Relation("cities"),
            "did_group_type": Relation("did_group_types"),
            "stock_keeping_units": Relation("stock_keeping_units", many=True),
            "address_requirement": Relation("address_requirements"),
        },
    ),
    ResourceType(
        "countries", ("name", "prefix", "iso"), {"regions": Relation("regions", many=True)}
    ),
    ResourceType("regions", ("name", "iso"), {"country": Relation("countries")}),
    ResourceType(
        "cities",
        ("name",),
        {
            "country": Relation("countries"),
            "region": Relation("regions"),
            "area": Relation("areas"),
        },
    ),
    ResourceType("did_group_types", ("name",)),
    ResourceType(
        "orders",
        ("reference", "amount", "status", "description", "created_at", "callback_url"),
    ),
    ResourceType(
        "capacity_pools",
        ("name", "renew_date", "total_channels_count", "assigned_channels_count"),
    ),
    ResourceType(
        "emergency_calling_services",
        ("name", "reference", "status", "activated_at", "canceled_at", "created_at"),
    ),
    ResourceType(
        "voice_in_trunks",
        (
            "name",
            "priority",
            "weight",
            "capacity_limit",
            "cli_format",
            "cli_prefix",
            "description",
            "ringing_timeout",
            "created_at",
            "external_reference_id",
            "configuration",
        ),
        {
            "voice_in_trunk_group": Relation("voice_in_trunk_groups"),
            "pop": Relation("pops"),
        },
    ),
    ResourceType(
        "voice_in_trunk_groups",
        ("name", "capacity_limit", "created_at", "external_reference_id"),
        {"voice_in_trunks": Relation("voice_in_trunks", many=True)},
    ),
    ResourceType("balances", ("balance", "credit", "total_balance")),
)
TYPES: dict[str, ResourceType] = {type_.name: type_ for type_ in _TYPES}
