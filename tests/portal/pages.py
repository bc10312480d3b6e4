"""The pages of the portal: the least role each asks for."""

PORTAL_PAGES = {
    "home": "viewer",
    "trunk-list": "viewer",
    "trunk-detail": "viewer",
    "trunk-pbx": "viewer",
    "did-list": "viewer",
    "change-list": "viewer",
    "change-detail": "viewer",
    "password-list": "operator",
    "trunk-new": "operator",
    "trunk-auth-fields": "operator",
    "trunk-edit": "operator",
    "trunk-block": "operator",
    "trunk-unblock": "operator",
    "did-picker": "operator",
    "change-review": "operator",
    "change-withdraw": "operator",
    "change-take-back": "operator",
    "member-list": "owner",
    "member-role": "owner",
    "member-remove": "owner",
    "invitation-revoke": "owner",
}
WRITES_ONLY = {
    "trunk-auth-fields",
    "trunk-block",
    "trunk-unblock",
    "change-withdraw",
    "change-take-back",
    "member-role",
    "invitation-revoke",
}
NOT_OF_ONE = {
    "home",
    "trunk-list",
    "did-list",
    "change-list",
    "password-list",
    "trunk-new",
    "did-picker",
    "member-list",
}
