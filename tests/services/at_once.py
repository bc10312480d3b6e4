"""The same callback delivered, then the same notices mailed, by many threads in one instant.

`python -m tests.services.at_once` does it in the new SQLite file that `DATABASE_URL` names and
prints what came of it: the tests' own SQLite lives in memory, where threads do not wait for
each other.
"""

import json
import os
import sys
import threading
import uuid
from collections.abc import Callable

import django

THREADS, EVENTS = 8, 3
ONCE = {"told": [204] * THREADS, "events": EVENTS, "notices": EVENTS, "mailed": EVENTS, "mails": 1}


def at_once(do: Callable[[], int]) -> list[int]:
    from django.db import connection

    barrier = threading.Barrier(THREADS)
    results: list[int] = []

    def run() -> None:
        try:
            barrier.wait()
            results.append(do())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def deliver_and_mail_at_once() -> dict[str, object]:
    """What the threads were told, and what is stored and sent then; as `ONCE`, if all is well."""
    from django.core import mail

    from tests.told import event_of, given_secret, tell
    from trunks.domain.actor import SYSTEM
    from trunks.domain.secrets import Secret
    from trunks.models import CallbackEvent, Notice
    from trunks.services.accounts import add_account
    from trunks.services.notice_mails import mail_notices
    from trunks.services.staff import add_staff

    add_staff("sam@example.com", "agent", "long enough 42", actor=SYSTEM)
    account = add_account("At once", "http://127.0.0.1:1/v3", Secret("key"), actor=SYSTEM)
    given_secret(account)
    trunk_id = uuid.uuid4()
    events = [event_of(trunk_id, created_at=str(minute)) for minute in range(EVENTS)]
    told = at_once(lambda: tell(account, *events))
    counts = {"events": CallbackEvent.objects.count(), "notices": Notice.objects.count()}
    return {"told": told, **counts, "mailed": sum(at_once(mail_notices)), "mails": len(mail.outbox)}


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "trunkadmin.settings"
    django.setup()
    from django.conf import settings
    from django.core import mail
    from django.core.management import call_command

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(deliver_and_mail_at_once()))


if __name__ == "__main__":
    main()
