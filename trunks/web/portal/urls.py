from django.urls import path

from trunks.web.portal import (
    changes,
    dids,
    home,
    members,
    passwords,
    pbx,
    review,
    trunk_acts,
    trunk_detail,
    trunk_edit,
    trunk_list,
)

app_name = "portal"
urlpatterns = [
    # Reading
    path("", home.home, name="home"),
    path("trunks/", trunk_list.trunk_list, name="trunk-list"),
    path("trunks/<uuid:pk>/", trunk_detail.trunk_detail, name="trunk-detail"),
    path("trunks/<uuid:pk>/pbx/", pbx.trunk_pbx, name="trunk-pbx"),
    path("dids/", dids.did_list, name="did-list"),
    path("changes/", changes.change_list, name="change-list"),
    path("changes/<uuid:pk>/", changes.change_detail, name="change-detail"),
    path("passwords/", passwords.password_list, name="password-list"),
    # Writing
    path("trunks/new/", trunk_edit.trunk_new, name="trunk-new"),
    path("trunks/new/auth-fields/", trunk_edit.trunk_auth_fields, name="trunk-auth-fields"),
    path("trunks/<uuid:pk>/edit/", trunk_edit.trunk_edit, name="trunk-edit"),
    path(
        "trunks/<uuid:pk>/edit/auth-fields/", trunk_edit.trunk_auth_fields, name="trunk-auth-fields"
    ),
    path("trunks/<uuid:pk>/block/", trunk_acts.trunk_block, name="trunk-block"),
    path("trunks/<uuid:pk>/unblock/", trunk_acts.trunk_unblock, name="trunk-unblock"),
    path("dids/picker/", dids.did_picker, name="did-picker"),
    path("changes/<uuid:pk>/review/", review.change_review, name="change-review"),
    path("changes/<uuid:pk>/withdraw/", changes.change_withdraw, name="change-withdraw"),
    path("changes/<uuid:pk>/take-back/", changes.change_take_back, name="change-take-back"),
    # Colleagues
    path("members/", members.member_list, name="member-list"),
    path("members/<int:pk>/role/", members.member_role, name="member-role"),
    path("members/<int:pk>/remove/", members.member_remove, name="member-remove"),
    path("invitations/<int:pk>/revoke/", members.invitation_revoke, name="invitation-revoke"),
]
