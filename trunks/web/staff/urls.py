from django.urls import path

from trunks.web.staff import (
    accounts,
    changes,
    did_picker,
    dids,
    overview,
    syncs,
    trunk_acts,
    trunk_detail,
    trunk_edit,
    trunk_list,
    trunk_review,
)

app_name = "staff"
urlpatterns = [
    # Reading
    path("", overview.overview, name="overview"),
    path("trunks/", trunk_list.trunk_list, name="trunk-list"),
    path("trunks/<uuid:pk>/", trunk_detail.trunk_detail, name="trunk-detail"),
    path("trunks/<uuid:pk>/refresh/", trunk_detail.trunk_refresh, name="trunk-refresh"),
    path("dids/", dids.did_list, name="did-list"),
    path("changes/", changes.change_list, name="change-list"),
    path("changes/<uuid:pk>/", changes.change_detail, name="change-detail"),
    path("changes/<uuid:pk>/status/", changes.change_detail, name="change-status"),
    path("accounts/", accounts.account_list, name="account-list"),
    path("accounts/<int:pk>/", accounts.account_detail, name="account-detail"),
    path("accounts/<int:pk>/pull/", accounts.account_pull, name="account-pull"),
    path("accounts/<int:pk>/progress/", accounts.account_detail, name="account-progress"),
    path("accounts/<int:pk>/answer/", accounts.account_answer, name="account-answer"),
    path("syncs/", syncs.sync_list, name="sync-list"),
    # Writing
    path("trunks/new/", trunk_edit.trunk_new, name="trunk-new"),
    path("trunks/new/auth-fields/", trunk_edit.trunk_auth_fields, name="trunk-auth-fields"),
    path("trunks/<uuid:pk>/edit/", trunk_edit.trunk_edit, name="trunk-edit"),
    path(
        "trunks/<uuid:pk>/edit/auth-fields/", trunk_edit.trunk_auth_fields, name="trunk-auth-fields"
    ),
    path("trunks/<uuid:pk>/block/", trunk_acts.trunk_block, name="trunk-block"),
    path("trunks/<uuid:pk>/unblock/", trunk_acts.trunk_unblock, name="trunk-unblock"),
    path("trunks/<uuid:pk>/regenerate/", trunk_acts.trunk_regenerate, name="trunk-regenerate"),
    path("trunks/<uuid:pk>/delete/", trunk_acts.trunk_delete, name="trunk-delete"),
    path("dids/picker/", did_picker.did_picker, name="did-picker"),
    path("changes/<uuid:pk>/review/", trunk_review.change_review, name="change-review"),
]
