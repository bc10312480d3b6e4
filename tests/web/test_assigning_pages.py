"""Staff give trunks to customers, move them and take them back: each time shown first."""

import pytest

from trunks.domain.actor import SYSTEM
from trunks.models import AuditEntry, Change, Did, Trunk
from trunks.services.assigning import assign

from .test_reading_trunks import text_of

pytestmark = pytest.mark.usefixtures("pulled")
NEW, RULE = "/staff/assignments/new/", "/staff/assignments/rule/new/"


@pytest.fixture
def browser(client_of, sam):
    return client_of(sam)


@pytest.fixture
def two(pulled) -> tuple[Trunk, Trunk]:
    """Two trunks with credentials that list one and the same DID."""
    own = Trunk.objects.filter(allow_any_did_as_cli=False, emergency_enable_all=False)
    one, other = own.filter(auth_type="credentials_and_ip").order_by("pk")[:2]
    for trunk in (one, other):
        trunk.dids.set(Did.objects.order_by("pk")[:1])
        trunk.emergency_dids.clear()
    return one, other


def shown(browser, to, *trunks):
    to = to.pk if to else "none"
    return browser.get(NEW, {"trunk": [trunk.pk for trunk in trunks], "to": to})


def confirmed(browser, page, url=NEW, **said):
    """The plan's form as a browser sends it, with what was said."""
    context = page.context
    asked = {bound.html_name: bound.value() for bound in context["form"]}
    hidden = {"selection": context["signed"], "digest": context["digest"]}
    return browser.post(url, {**asked, **hidden, **said}, follow=True)


def owner_of(trunk):
    return Trunk.objects.get(pk=trunk.pk).customer


def test_a_trunk_leads_to_being_assigned(browser, two):
    page = browser.get(f"/staff/trunks/{two[0].pk}/").content.decode()
    assert f'href="{NEW}?trunk={two[0].pk}"' in page
    assert str(two[0]) in text_of(browser.get(f"{NEW}?trunk={two[0].pk}"))


def test_nothing_is_assigned_by_looking(browser, two, acme):
    text = text_of(shown(browser, acme, *two))
    assert "Give 2 trunks to Acme" in text
    assert "Come along (1)" in text
    assert owner_of(two[0]) is None


def test_several_are_assigned_with_their_dids(browser, two, acme):
    said = text_of(confirmed(browser, shown(browser, acme, *two), reason="Contract 7"))
    assert "2 trunks now with Acme." in said
    assert (owner_of(two[0]), owner_of(two[1])) == (acme, acme)
    assert Did.objects.filter(customer=acme).count() == 1
    assert AuditEntry.objects.filter(act="trunk_assigned", reason="Contract 7").count() == 2


def test_a_filter_of_the_list_by_customer_is_not_whose_they_shall_be(browser, two, acme):
    page = browser.get(NEW, {"which": "all", "customer": "none", "q": str(two[0].pk)})
    assert "Who gets it?" in text_of(page)
    assert "plan" not in page.context


def test_shared_dids_are_listed_before_they_are_shared(browser, two, acme, bolt):
    assign([two[0]], acme, actor=SYSTEM)
    page = shown(browser, bolt, two[1])
    assert "Shared from now on (1)" in text_of(page)
    confirmed(browser, page)
    assert Did.objects.filter(is_shared=True).count() == 1


def test_a_move_wants_new_credentials_or_a_waiver(browser, two, acme, bolt, sandbox):
    one = two[0]
    assign([one], acme, actor=SYSTEM)
    page = shown(browser, bolt, one)
    assert f"Another customer knows the credentials of {one}" in text_of(page)
    refused = text_of(confirmed(browser, page, reason="Sold"))
    assert "Must be made new, or kept by an explicit waiver" in refused
    assert owner_of(one) == acme
    confirmed(browser, page, credentials="new", reason="Sold")
    assert owner_of(one) == bolt
    assert Change.objects.get(kind="regenerate", trunk=one).state == "applied"


def test_a_waiver_wants_a_reason(browser, two, acme, bolt):
    one = two[0]
    assign([one], acme, actor=SYSTEM)
    page = shown(browser, bolt, one)
    assert "Can&#x27;t be blank." in confirmed(browser, page, credentials="kept").content.decode()
    assert owner_of(one) == acme
    confirmed(browser, page, credentials="kept", reason="The same people")
    assert owner_of(one) == bolt
    assert not Change.objects.filter(kind="regenerate").exists()


def test_trunks_are_taken_back(browser, two, acme):
    assign(list(two), acme, actor=SYSTEM)
    page = shown(browser, None, *two)
    assert "Nobody’s from now on (1)" in text_of(page)
    assert "2 trunks taken back." in text_of(confirmed(browser, page))
    assert owner_of(two[0]) is owner_of(two[1]) is None


def test_what_moved_since_it_was_shown_is_shown_again(browser, two, acme, bolt):
    page = shown(browser, bolt, two[0])
    assign([two[0]], acme, actor=SYSTEM)
    said = confirmed(browser, page, credentials="kept", reason="Hurry")
    assert "Something moved since this was shown" in text_of(said)
    assert owner_of(two[0]) == acme


def test_an_altered_selection_assigns_nothing(browser, two, acme):
    page = shown(browser, acme, two[0])
    said = confirmed(browser, page, selection=page.context["signed"] + "x")
    assert "nothing was assigned" in text_of(said)
    assert owner_of(two[0]) is None


def test_without_a_choice_it_sends_back_to_the_list(browser):
    assert "Choose the trunks first" in text_of(browser.get(NEW, follow=True))


# --- By a rule ------------------------------------------------------------------------------------


@pytest.fixture
def named(two) -> tuple[Trunk, Trunk]:
    for trunk in two:
        Trunk.objects.filter(pk=trunk.pk).update(name=f"Acme {trunk.pk}")
    return two


def ruled(browser, to, text="Acme", how="begins"):
    return browser.get(RULE, {"field": "name", "how": how, "text": text, "to": to.pk})


def test_a_rule_shows_what_it_finds_and_touches_nobodys_alone(browser, named, acme, bolt):
    assign([named[0]], bolt, actor=SYSTEM)
    text = text_of(ruled(browser, acme))
    assert "Give 1 trunk to Acme" in text
    assert str(named[1].pk) in text
    assert str(named[0].pk) not in text


def test_a_rule_assigns_what_was_shown_and_nothing_that_came_later(browser, named, acme):
    page = ruled(browser, acme)
    late = Trunk.objects.exclude(name__startswith="Acme")[0]
    Trunk.objects.filter(pk=late.pk).update(name="Acme late")
    confirmed(browser, page, RULE)
    assert owner_of(named[0]) == owner_of(named[1]) == acme
    assert owner_of(late) is None


def test_a_rule_that_says_nothing_or_finds_nothing_is_told(browser, named, acme):
    assert "it would find every trunk" in text_of(ruled(browser, acme, text=" "))
    assert "Finds no trunk that nobody has." in text_of(ruled(browser, acme, text="Zebra"))


@pytest.mark.parametrize("url", [NEW, RULE])
def test_who_only_looks_assigns_nothing(client_of, vera, url):
    assert client_of(vera).get(url).status_code == 403
    assert client_of(vera).post(url).status_code == 403
