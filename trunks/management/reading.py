"""What commands share: secrets read from a file, a variable or a prompt, never from arguments."""

import getpass
import os
from pathlib import Path

from django.core.management.base import CommandError

from trunks.domain.problems import Invalid
from trunks.domain.secrets import Secret
from trunks.models import Account, Customer


def read_secret_file(path: str) -> Secret:
    try:
        return Secret(Path(path).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from None


def read_api_key(path: str | None) -> Secret:
    if path:
        return read_secret_file(path)
    if key := os.environ.get("UPSTREAM_API_KEY"):
        return Secret(key)
    raise CommandError("the API key is missing: --api-key-file FILE or UPSTREAM_API_KEY")


def read_password(path: str | None) -> str:
    if path:
        return read_secret_file(path).clear
    try:
        password, again = getpass.getpass("Password: "), getpass.getpass("Again: ")
    except EOFError:
        raise CommandError("no terminal to ask on: --password-file FILE") from None
    if password != again:
        raise CommandError("the two passwords differ")
    return password


def account_named(name: str) -> Account:
    try:
        return Account.objects.get(name=name)
    except Account.DoesNotExist:
        names = ", ".join(Account.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"there is no account {name!r} (there is: {names})") from None


def customer_named(name: str) -> Customer:
    try:
        return Customer.objects.get(name=name)
    except Customer.DoesNotExist:
        raise CommandError(f"there is no customer {name!r}: add_customer makes one") from None


def complaint(error: Invalid) -> CommandError:
    return CommandError(
        "; ".join(f"{p.unit}: {p.message}".strip(": ") for p in error.problems),
    )
