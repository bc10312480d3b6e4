"""What each type of resource holds, in the library's own terms.

Accounts and pulls are shown by these serializers. Trunks, DIDs and changes have long lists: their
`*_documents` write the same answers from plain rows, and a test holds the two together.
"""

from typing import Any
from urllib.parse import urlsplit

from django.db.models import DateTimeField
from rest_framework_json_api import serializers
from rest_framework_json_api.relations import HyperlinkedRelatedField, ResourceRelatedField
from rest_framework_json_api.utils import is_relationship_field

from trunks.api.documents import META, instant
from trunks.api.errors import passed_on
from trunks.domain import authentication
from trunks.models import Account, Change, Did, SyncRun, Trunk
from trunks.models.did import ATTRIBUTES as DID_ATTRIBUTES


class Instant(serializers.DateTimeField):
    def to_representation(self, value: Any) -> str | None:
        return instant(value)


class Related(ResourceRelatedField):
    """Links by `id`, as the routes here have it; of one type, so that no row is read for it."""

    def __init__(self, type_: str, **options: Any) -> None:
        options.setdefault("related_link_lookup_field", "id")
        super().__init__(read_only=True, related_link_url_kwarg="id", **options)
        self.type_ = type_

    def get_resource_type_from_included_serializer(self) -> str:
        return self.type_


class NotMirrored(HyperlinkedRelatedField):
    """Upstream's links of a DID, as text: nothing is served here that they could be made from."""

    model = Did

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def get_links(self, obj: Any = None, lookup_field: str = "pk") -> dict[str, str]:
        home = self.context["request"].build_absolute_uri(f"/api/v3/dids/{obj.pk}")
        name = self.field_name
        return {"self": f"{home}/relationships/{name}", "related": f"{home}/{name}"}


class ResourceSerializer(serializers.ModelSerializer):
    """Attributes stand in `Meta.fields` in the order of upstream's recorded answers."""

    included_serializers: dict[str, Any] = {}
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        DateTimeField: Instant,
    }

    @classmethod
    def name(cls) -> str:
        return str(cls.Meta.resource_name)

    @classmethod
    def relationships(cls) -> tuple[str, ...]:
        fields = cls._declared_fields
        return tuple(n for n in cls.Meta.fields if n in fields and is_relationship_field(fields[n]))

    @classmethod
    def attributes(cls) -> tuple[str, ...]:
        relationships = cls.relationships()
        return tuple(name for name in cls.Meta.fields if name not in relationships)

    def get_root_meta(self, resource: Any, many: bool) -> dict[str, str]:
        return META

    class Meta:
        resource_name = ""
        fields: tuple[str, ...] = ()


DID_RELATIONSHIPS = (
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
)


class DidSerializer(ResourceSerializer):
    vars().update({name: NotMirrored() for name in DID_RELATIONSHIPS})

    class Meta:
        model = Did
        resource_name = "dids"
        fields = (*DID_ATTRIBUTES, *DID_RELATIONSHIPS)


class TrunkSerializer(ResourceSerializer):
    authentication_method = serializers.SerializerMethodField()
    dids = Related(
        "dids",
        many=True,
        self_link_view_name="api:trunk-dids-linkage",
        related_link_view_name="api:trunk-dids",
    )
    emergency_dids = Related(
        "dids",
        many=True,
        self_link_view_name="api:trunk-emergency_dids-linkage",
        related_link_view_name="api:trunk-emergency_dids",
    )
    included_serializers = {"dids": DidSerializer, "emergency_dids": DidSerializer}

    def get_authentication_method(self, trunk: Trunk) -> Any:
        method = trunk.authentication_method
        return None if method is None else authentication.dump(method)

    class Meta:
        model = Trunk
        resource_name = "voice_out_trunks"
        meta_fields = ("spent_amount",)
        fields = (
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
            "dids",
            "emergency_dids",
        )


class ChangeSerializer(ResourceSerializer):
    actor = serializers.CharField(
        source="actor_label", help_text="Who asked for it, as they were called then."
    )
    errors = serializers.SerializerMethodField()
    voice_out_trunk = Related(
        "voice_out_trunks",
        source="trunk",
        self_link_view_name="api:change-trunk-linkage",
        related_link_view_name="api:change-trunk",
    )

    def get_errors(self, change: Change) -> list[dict[str, Any]]:
        return [passed_on(error) for error in change.errors]

    class Meta:
        model = Change
        resource_name = "changes"
        fields = (
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
            "voice_out_trunk",
        )


class AccountSerializer(ResourceSerializer):
    host = serializers.SerializerMethodField()
    pause = serializers.SerializerMethodField()

    def get_host(self, account: Account) -> str:
        """Where the account's upstream is: what else a URL may hold is nobody's business here."""
        return urlsplit(account.base_url).netloc.rpartition("@")[2]

    def get_pause(self, account: Account) -> str | None:
        return account.pause or None

    class Meta:
        model = Account
        resource_name = "accounts"
        fields = ("name", "host", "pause", "pause_reason", "pulled_at", "dids_pulled_at")


class SyncSerializer(ResourceSerializer):
    account = Related(
        "accounts",
        related_link_view_name="api:account-detail",
        related_link_lookup_field="account_id",
    )

    class Meta:
        model = SyncRun
        resource_name = "syncs"
        fields = (
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
            "account",
        )


ALL = (TrunkSerializer, DidSerializer, ChangeSerializer, AccountSerializer, SyncSerializer)
TYPES = {type_.name(): type_ for type_ in ALL}
REGENERATIONS = "voice_out_trunk_regenerate_credentials"
