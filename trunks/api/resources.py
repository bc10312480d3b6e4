"""The types of resources, in tables: attributes, relationships, filters, sorts, page sizes.

Queries, documents and the schema read these tables. Attributes stand in the order of the
upstream's real answers (facts.md 2.1). Upstream's filters and sorts: facts.md 2.5, 3.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trunks.api import filters
from trunks.api.filters import Filter
from trunks.domain.attributes import ATTRIBUTES
from trunks.models import Change, SyncRun, Trunk
from trunks.models.did import ATTRIBUTES as DID_ATTRIBUTES

DEFAULT_PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class ResourceType:
    """`sorts` and `default_order` name columns; `includes` may hold relationships only."""

    name: str
    attributes: tuple[str, ...]
    relationships: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    filters: Mapping[str, Filter] = field(default_factory=dict)
    refused_filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: tuple[str, ...] = ()
    default_order: tuple[str, ...] = ()
    max_page_size: int = 100

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(("id", *self.attributes, *self.relationships))


def _choices(name: str) -> tuple[str, ...]:
    return ATTRIBUTES[name].values


TRUNKS = ResourceType(
    "voice_out_trunks",
    attributes=(
        "allowed_rtp_ips",
        "allow_any_did_as_cli",
        "status",
        "on_cli_mismatch_action",
        "name",
        "capacity_limit",
        "created_at",
        "threshold_reached",
        "threshold_amount",
        "media_encryption_mode",
        "default_dst_action",
        "dst_prefixes",
        "force_symmetric_rtp",
        "rtp_ping",
        "callback_url",
        "external_reference_id",
        "authentication_method",
        "emergency_enable_all",
        "rtp_timeout",
    ),
    relationships=("dids", "emergency_dids"),
    includes=("dids", "emergency_dids"),
    filters={
        "id": filters.ids("pk", "By id."),
        "name": filters.exact("name", "With exactly this name."),
        "name_contains": filters.contains("name", "With this text in the name."),
        "external_reference_id": filters.exact(
            "external_reference_id", "With exactly this reference."
        ),
        "status": filters.choice("status", _choices("status"), "Active or blocked."),
        "threshold_reached": filters.boolean(
            "threshold_reached", "Whether spending has passed the threshold."
        ),
        "allow_any_did_as_cli": filters.boolean(
            "allow_any_did_as_cli", "Whether any DID of the account may be the caller ID."
        ),
        "default_dst_action": filters.choice(
            "default_dst_action", _choices("default_dst_action"), "By action for destinations."
        ),
        "media_encryption_mode": filters.choice(
            "media_encryption_mode", _choices("media_encryption_mode"), "By media encryption."
        ),
        "on_cli_mismatch_action": filters.choice(
            "on_cli_mismatch_action",
            _choices("on_cli_mismatch_action"),
            "By action for a caller ID that is not allowed.",
        ),
        "authentication_method.type": filters.any_of("auth_type", "By authentication method."),
        "admitting": filters.searching(
            lambda text: Trunk.objects.admitting(text),
            "That admit SIP from this address or whole network. Not known upstream.",
        ),
        "matching": filters.searching(
            lambda text: Trunk.objects.matching(text),
            "By anything people search for: name, reference, username, address, network, "
            "destination, number of a DID. Not known upstream.",
        ),
    },
    refused_filters={
        "default_did.id": filters.not_mirrored(
            "upstream does not show which default DID a trunk has, so it is not mirrored"
        )
    },
    sorts=(
        "allow_any_did_as_cli",
        "created_at",
        "external_reference_id",
        "name",
        "threshold_reached",
    ),
    max_page_size=1000,
)

DIDS = ResourceType(
    "dids",
    attributes=DID_ATTRIBUTES,
    relationships=(
        "did_group",
        "order",
        "capacity_pool",
        "shared_capacity_group",
        "address_verification",
        "voice_in_trunk",
        "voice_in_trunk_group",
        "emergency_calling_service",
        "emergency_verification",
        "identity",
    ),
    filters={
        "id": filters.ids("pk", "By id."),
        "number": filters.any_of("number", "With exactly this number."),
        "description": filters.contains("description", "With this text in the description."),
        "blocked": filters.boolean("blocked", "Whether it cannot carry traffic."),
        "awaiting_registration": filters.boolean(
            "awaiting_registration", "Whether it waits for registration."
        ),
        "terminated": filters.boolean("terminated", "Whether it was cancelled."),
        "emergency_enabled": filters.boolean(
            "emergency_enabled", "Whether emergency calling is active."
        ),
        "billing_cycles_count": filters.integers(
            "billing_cycles_count", "With this many billing cycles left."
        ),
    },
    refused_filters={
        name: filters.not_mirrored("it is not mirrored here")
        for name in (
            "address_verification.id",
            "capacity_pool.id",
            "city.id",
            "country.id",
            "did_group.features",
            "did_group.id",
            "emergency_calling_service.id",
            "order.id",
            "order.reference",
            "region.id",
            "shared_capacity_group.id",
            "trunk.id",
            "trunk_group.id",
            "voice_in_trunk.id",
            "voice_in_trunk_group.id",
        )
    },
    sorts=(
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
    default_order=("number",),
)

CHANGES = ResourceType(
    "changes",
    attributes=(
        "state",
        "kind",
        "origin",
        "actor",
        "reason",
        "diff",
        "errors",
        "conflicts",
        "consequences",
        "waiting_reason",
        "attempts",
        "created_at",
        "settled_at",
    ),
    relationships=("voice_out_trunk",),
    filters={
        "state": filters.any_of("state", "By state.", Change.State.values),
        "kind": filters.any_of("kind", "By kind.", Change.Kind.values),
        "origin": filters.any_of("origin", "By where it came from.", Change.Origin.values),
        "voice_out_trunk.id": filters.ids("trunk_id", "Of these trunks."),
    },
    sorts=("created_at", "settled_at"),
    default_order=("-created_at",),
)

ACCOUNTS = ResourceType(
    "accounts",
    attributes=("name", "host", "pause", "pause_reason", "pulled_at", "dids_pulled_at"),
    sorts=("name",),
    default_order=("name",),
)

SYNCS = ResourceType(
    "syncs",
    attributes=(
        "state",
        "started_at",
        "finished_at",
        "total",
        "seen",
        "created",
        "updated",
        "drifted",
        "missing",
        "dids_seen",
        "set_aside",
        "error",
    ),
    relationships=("account",),
    filters={
        "state": filters.any_of("state", "By state.", SyncRun.State.values),
        "account.id": filters.integers("account_id", "Of these accounts."),
    },
    sorts=("started_at",),
    default_order=("-started_at",),
)

TYPES = {type_.name: type_ for type_ in (TRUNKS, DIDS, CHANGES, ACCOUNTS, SYNCS)}
REGENERATIONS = "voice_out_trunk_regenerate_credentials"
