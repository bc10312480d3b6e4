"""What staff are told without asking: in the page to each, by e-mail to who wants it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.told import SECRET, event_of, given_secret, tell
from trunks.models import Account, Notice, Trunk, User
from trunks.models.clock import database_now
from trunks.services.duties import DUTIES
from trunks.services.notice_mails import mail_notices

NOTICES = "/staff/notices/"


@pytest.fixture
def told(pulled: Account) -> Account:
    return given_secret(pulled)


@pytest.fixture
def trunk(told: Account) -> Trunk:
    trunk = Trunk.objects.all()[0]
    Trunk.objects.filter(pk=trunk.pk).update(name="Halden Clinics reminders")
    trunk.refresh_from_db()
    return trunk


@pytest.fixture
def blocked(told: Account, trunk: Trunk) -> Notice:
    tell(told, event_of(trunk.pk))
    return Notice.objects.get()


def text_of(client, url: str = NOTICES) -> str:
    return " ".join(client.get(url).content.decode().split())


def bell_of(client) -> str:
    """What the bell says on a page that has nothing to do with notices."""
    page = text_of(client, "/staff/syncs/")
    assert f'href="{NOTICES}"' in page
    return page.partition('<span class="bell-count">')[2].partition("<")[0]


def let_time_pass() -> None:
    Notice.objects.exclude(next_mail_at=None).update(next_mail_at=database_now())


# --- In the page ----------------------------------------------------------------------------------


def test_a_block_is_told_with_its_cause_and_leads_to_the_trunk(blocked, trunk, sam, client_of):
    page = text_of(client_of(sam))
    assert "Halden Clinics reminders was blocked" in page
    assert "Its 24-hour limit was reached." in page
    assert f'href="/staff/trunks/{trunk.pk}/"' in page


def test_the_way_back_is_told_too_and_a_status_nobody_knows_is_not(told, trunk):
    tell(told, event_of(trunk.pk, status="active", threshold_reached=False))
    tell(told, event_of(trunk.pk, status="hibernating"))
    assert list(Notice.objects.values_list("kind", "title", "text")) == [
        ("unblocked", "Halden Clinics reminders is active again", "")
    ]


def test_a_block_by_hand_says_so(told, trunk):
    tell(told, event_of(trunk.pk, threshold_reached=False))
    assert Notice.objects.get().text == "By hand, not by its 24-hour limit."


def test_the_bell_counts_what_this_person_has_not_read(blocked, sam, vera, client_of):
    sams, veras = client_of(sam), client_of(vera)
    assert (bell_of(sams), bell_of(veras)) == ("1", "1")
    sams.post(f"{NOTICES}{blocked.pk}/read/", {"read": "yes"})
    assert (bell_of(sams), bell_of(veras)) == ("", "1")
    sams.post(f"{NOTICES}{blocked.pk}/read/", {"read": "yes"})  # twice does no harm
    sams.post(f"{NOTICES}{blocked.pk}/read/", {"read": "no"})
    assert bell_of(sams) == "1"


def test_all_are_read_at_once_and_only_by_who_says_so(told, sam, ada, client_of):
    tell(told, *(event_of(t.pk) for t in Trunk.objects.all()[:7]))
    sams = client_of(sam)
    assert bell_of(sams) == "7"
    sams.post(f"{NOTICES}read/")
    assert bell_of(sams) == ""
    assert "Mark all read" not in text_of(sams)
    assert bell_of(client_of(ada)) == "7"


def test_a_bell_does_not_count_without_end(told, sam, client_of):
    trunk = Trunk.objects.all()[0]
    tell(told, *(event_of(trunk.pk, created_at=str(n)) for n in range(120)))
    assert bell_of(client_of(sam)) == "99+"


def test_what_is_a_month_old_rings_no_bell_and_stays_in_the_list(blocked, sam, client_of):
    Notice.objects.update(at=database_now() - timedelta(days=31))
    assert bell_of(client_of(sam)) == ""
    assert "Halden Clinics reminders was blocked" in text_of(client_of(sam))


def test_the_unread_can_be_looked_at_alone(told, sam, client_of):
    first, second = Trunk.objects.order_by("name")[:2]
    tell(told, event_of(first.pk), event_of(second.pk))
    sams = client_of(sam)
    read = Notice.objects.get(trunk=first)
    back = sams.post(f"{NOTICES}{read.pk}/read/?show=unread", {"read": "yes"})
    assert back.headers["Location"] == f"{NOTICES}?show=unread"
    page = text_of(sams, f"{NOTICES}?show=unread")
    assert str(second) in page
    assert str(first) not in page


def test_many_notices_come_in_pages_with_a_constant_number_of_queries(told, sam, client_of):
    sams = client_of(sam)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert sams.get(NOTICES).status_code == 200
        return len(seen)

    trunks = list(Trunk.objects.all()[:30])
    tell(told, event_of(trunks[0].pk, created_at="first"))
    few = queries()
    tell(told, *(event_of(t.pk, created_at=str(n)) for t in trunks for n in range(4)))
    assert queries() == few
    assert "1–50 of 121 notices" in text_of(sams)
    assert "121–121" not in text_of(sams, f"{NOTICES}?page=3")


def test_the_bell_costs_no_query_of_its_own(blocked, sam, client_of):
    sams = client_of(sam)
    with CaptureQueriesContext(connection) as seen:
        sams.get("/staff/syncs/")
    assert sum("trunks_notice" in query["sql"] for query in seen) == 1


def test_words_of_upstream_stay_words(told, trunk, sam, client_of):
    Trunk.objects.filter(pk=trunk.pk).update(name="<script>alert(1)</script>")
    tell(told, event_of(trunk.pk, status="blocked"))
    page = text_of(client_of(sam))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; was blocked" in page


# --- By e-mail ------------------------------------------------------------------------------------


def test_staff_who_want_it_are_told_by_mail_once(blocked, trunk, sam, ada, vera, settings):
    settings.PUBLIC_URL = "https://trunks.example.com"
    User.objects.filter(pk=vera.pk).update(notify_by_email=False)
    User.objects.create_user("bob@bolt.example", "long enough 42")  # not staff
    User.objects.create_user("gone@example.com", "long enough 42", is_staff=True, is_active=False)
    assert mail_notices() == 1
    assert mail_notices() == 0
    [message] = mail.outbox
    assert sorted(message.recipients()) == ["ada@example.com", "sam@example.com"]
    assert message.subject == "Halden Clinics reminders was blocked"
    assert "Its 24-hour limit was reached." in message.body
    assert f"https://trunks.example.com/staff/trunks/{trunk.pk}/" in message.body
    assert SECRET.clear not in str(message.message())
    assert Notice.objects.get().mailed_at is not None


def test_nobodys_address_is_shown_to_the_others(blocked, sam, ada):
    mail_notices()
    written = str(mail.outbox[0].message())
    assert "ada@example.com" not in written
    assert "sam@example.com" not in written


def test_what_comes_together_is_one_mail(told, sam):
    trunks = list(Trunk.objects.all()[:3])
    tell(told, *(event_of(t.pk) for t in trunks), event_of(trunks[0].pk, status="active"))
    assert mail_notices() == 4
    [message] = mail.outbox
    assert message.subject == "Trunks: 3 blocked, 1 active again"
    assert all(f"{trunk} was blocked." in message.body for trunk in trunks)


@pytest.mark.parametrize("odd", ["\r\nBcc: eve@example.com", "\n", "\x00", "\u2028", "\u202e"])
def test_no_name_reaches_into_another_header_or_line(told, trunk, sam, odd):
    Trunk.objects.filter(pk=trunk.pk).update(name=f"Acme{odd.replace(chr(0), chr(1))}calls")
    tell(told, event_of(trunk.pk))
    assert mail_notices() == 1
    [message] = mail.outbox
    assert message.recipients() == ["sam@example.com"]
    assert message.subject.isprintable()
    assert message.message()["Bcc"] is None
    assert all(line.isprintable() for line in message.body.split("\n"))


def test_an_endless_name_makes_no_endless_subject(told, trunk, sam):
    Trunk.objects.filter(pk=trunk.pk).update(name="x" * 5000)
    tell(told, event_of(trunk.pk))
    mail_notices()
    assert len(mail.outbox[0].subject) <= 120


def test_a_mail_that_could_not_be_sent_is_tried_again_later_each_time(blocked, sam, monkeypatch):
    def refuse(self, messages):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    waits = []
    for _ in range(4):
        let_time_pass()
        before = database_now()
        assert mail_notices() == 0
        notice = Notice.objects.get()
        assert notice.next_mail_at
        waits.append(notice.next_mail_at - before)
        assert mail_notices() == 0  # not before its time
    assert notice.mail_attempts == 4
    assert all(later > 1.5 * sooner for sooner, later in pairwise(waits))
    monkeypatch.undo()
    let_time_pass()
    assert mail_notices() == 1
    assert len(mail.outbox) == 1


def test_a_mail_is_given_up_after_a_day(blocked, sam):
    Notice.objects.update(at=database_now() - timedelta(hours=25))
    assert mail_notices() == 0
    assert mail.outbox == []
    notice = Notice.objects.get()
    assert (notice.next_mail_at, notice.mailed_at) == (None, None)


def test_a_mail_in_one_workers_hands_is_left_alone_by_another(blocked, sam, monkeypatch):
    sent = []

    def send(self, messages):
        sent.append(mail_notices())  # another worker's turn comes while this one sends
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    assert mail_notices() == 1
    assert sent == [0]


def test_a_mail_whose_sender_died_is_sent_by_another(blocked, sam, monkeypatch):
    def die(self, messages):
        raise SystemExit

    monkeypatch.setattr(EmailBackend, "send_messages", die)
    with pytest.raises(SystemExit):
        mail_notices()
    monkeypatch.undo()
    assert mail_notices() == 0
    let_time_pass()
    assert mail_notices() == 1


def test_nobody_to_tell_ends_it(blocked):
    assert mail_notices() == 0
    assert Notice.objects.get().next_mail_at is None


def test_the_worker_mails(blocked, sam):
    for duty in DUTIES:
        duty.do()
    assert len(mail.outbox) == 1


def test_each_chooses_for_themselves(blocked, sam, ada, client_of):
    sams = client_of(sam)
    assert "Stop the e-mails" in text_of(sams)
    sams.post(f"{NOTICES}mail/", {"wanted": "no"})
    assert "Tell me by e-mail" in text_of(sams)
    mail_notices()
    assert mail.outbox[0].recipients() == ["ada@example.com"]
    sams.post(f"{NOTICES}mail/", {"wanted": "yes"})
    sam.refresh_from_db()
    assert sam.notify_by_email


def test_who_may_no_longer_see_trunks_is_not_told_of_them(blocked, sam, vera):
    vera.groups.clear()
    mail_notices()
    (message,) = mail.outbox
    assert message.bcc == [sam.email]
