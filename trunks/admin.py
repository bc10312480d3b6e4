"""The superuser's escape hatch. Mirror, history and audit are read-only here; no secret ever."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.http import HttpRequest

from trunks.access import second_factor_to_give
from trunks.models import (
    Account,
    AuditEntry,
    Batch,
    BatchRow,
    CallbackEvent,
    Change,
    Customer,
    Decision,
    Did,
    IgnoredField,
    Invitation,
    Membership,
    Notice,
    RailTemplate,
    SyncRun,
    Token,
    Trunk,
    UpstreamRequest,
    User,
)
from trunks.models.fields import SealedField


def superusers_only(request: HttpRequest) -> bool:
    """Roles of staff give rights on their own pages; this door is none of them."""
    return request.user.is_active and request.user.is_superuser


def may_enter(request: HttpRequest) -> bool:
    """A superuser, with the second factor that the house asks for."""
    return superusers_only(request) and not second_factor_to_give(request)


admin.site.has_permission = may_enter  # type: ignore[method-assign]


# Digests of what nobody may see.
HIDDEN = {
    "digest",
    "fingerprint",
    "credentials_fingerprint",
    "credentials_before",
    "idempotency_digest",
}


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows every column but the sealed ones, and changes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_exclude(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self._hidden()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What is not shown is not filtered by either: that would tell it letter by letter."""
        if lookup.partition("__")[0] in self._hidden():
            return False
        return super().lookup_allowed(lookup, value, request)

    def _hidden(self) -> list[str]:
        return [
            field.name
            for field in self.model._meta.get_fields()
            if isinstance(field, SealedField) or field.name in HIDDEN
        ]


@admin.register(Trunk)
class TrunkAdmin(ReadOnlyAdmin):
    list_display = ["name", "account", "customer", "auth_type", "status", "gone_at"]
    list_filter = ["account", "auth_type", "status"]
    search_fields = ["name", "external_reference_id"]
    list_select_related = ["account", "customer"]


@admin.register(Did)
class DidAdmin(ReadOnlyAdmin):
    list_display = ["number", "account", "customer", "country", "voice_out"]
    search_fields = ["number"]
    list_select_related = ["account", "customer"]


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "state", "trunk_label", "actor_label"]
    list_filter = ["state", "kind", "origin"]
    search_fields = ["trunk_label", "actor_label"]


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "actor_label", "change", "reason"]
    list_filter = ["kind"]
    list_select_related = ["change"]


@admin.register(IgnoredField)
class IgnoredFieldAdmin(ReadOnlyAdmin):
    list_display = ["trunk", "unit", "decision"]
    list_select_related = ["trunk", "decision"]


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "title", "kind", "state", "actor_label"]
    list_filter = ["state", "kind"]
    search_fields = ["title", "actor_label"]


@admin.register(BatchRow)
class BatchRowAdmin(ReadOnlyAdmin):
    list_display = ["batch", "number", "label", "action"]
    list_filter = ["action"]
    list_select_related = ["batch"]


@admin.register(CallbackEvent)
class CallbackEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "account", "trunk_id", "status", "refreshed_at"]
    list_select_related = ["account"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "title", "mailed_at"]
    list_filter = ["kind"]


@admin.register(UpstreamRequest)
class UpstreamRequestAdmin(ReadOnlyAdmin):
    list_display = ["at", "account", "method", "path", "status", "problem"]
    list_filter = ["method", "status"]
    list_select_related = ["account"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "act", "actor_label", "subject_label", "reason"]
    list_filter = ["act", "actor_kind"]


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = ["account", "started_at", "state", "seen", "drifted", "error"]
    list_select_related = ["account"]


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "base_url", "pause", "pulled_at"]


@admin.register(Token)
class TokenAdmin(ReadOnlyAdmin):
    list_display = ["name", "key_id", "scopes", "expires_at", "revoked_at", "last_used_at"]


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["name", "account", "name_prefix", "rails"]
    search_fields = ["name"]
    list_select_related = ["account", "rails"]


@admin.register(RailTemplate)
class RailTemplateAdmin(ReadOnlyAdmin):
    list_display = ["name"]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["user", "customer", "role", "created_at"]
    list_filter = ["role"]
    search_fields = ["user__email", "customer__name"]
    list_select_related = ["user", "customer"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["email", "customer", "role", "created_at", "expires_at", "accepted_at"]
    list_select_related = ["customer"]


@admin.register(User)
class PersonAdmin(UserAdmin):
    """Django's own page for people, without the user names we do not have."""

    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active"]
    search_fields = ["email", "name"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "password1", "password2"]})]
