from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs themselves up: staff are added by command, members are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
