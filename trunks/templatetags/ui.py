"""``{% load ui %}``: the pieces pages are made of.

``templates/components/README.md`` lists them with examples. Everything here turns given values
into markup; nothing reads rows, settings or permissions.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.forms.forms import BaseForm
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from trunks.templatetags import _fields, _links, _states, _words
from trunks.templatetags._icons import icon_svg

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 20, outline: bool = False) -> SafeString:
    return icon_svg(str(name), int(size), bool(outline))


# --- Words ----------------------------------------------------------------------------------------


def _time(value: datetime | None, say: Callable[[datetime, datetime], str], empty: str) -> str:
    if not value:
        return empty
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        _words.exact_instant(value),
        say(value, timezone.now()),
    )


@register.simple_tag
def ago(value: datetime | None, empty: str = "never") -> str:
    """``2 min ago``, with the exact instant on hover."""
    return _time(value, _words.distance_in_words, empty)


@register.simple_tag
def due(value: datetime) -> str:
    """``in 40 s``, and ``any moment`` once it is due: for what is about to happen."""
    return _time(value, _words.wait_in_words, "")


@register.simple_tag
def age(value: datetime | None, empty: str = "never") -> str:
    """``2 min``: for sentences that say themselves what it is the age of."""
    return _time(value, _words.age_in_words, empty)


@register.simple_tag
def when(value: datetime | None, empty: str = "never") -> str:
    """``12:03``, ``yesterday 16:20``, ``3 Nov, 09:12``."""
    return _time(value, _words.instant_in_words, empty)


@register.simple_tag
def second(value: datetime | None, empty: str = "never") -> str:
    """``23 Nov, 07:29:43``."""
    return _time(value, _words.second_in_words, empty)


@register.filter
def money(value: object, currency: str = "USD") -> str:
    return "" if value in (None, "") else f"{_words.amount_in_words(value)} {currency}"


@register.filter
def amount(value: object, form: str = "") -> str:
    """An amount without its currency; ``"short"`` drops ``.00``."""
    return "" if value in (None, "") else _words.amount_in_words(value, short=form == "short")


@register.filter
def thousands(value: int) -> str:
    """``1,204``."""
    return f"{value:,}"


# --- Small pieces ---------------------------------------------------------------------------------


@register.simple_tag
def badge(label: object, tone: str = "neutral", icon: str = "") -> str:
    drawing = icon_svg(icon, 16) if icon else ""
    return format_html('<span class="badge tone-{}">{}{}</span>', tone, drawing, label)


@register.simple_tag
def change_state(change: Any) -> str:
    """The badge of a change: anything with ``state`` and maybe ``outcome_unknown``."""
    look = _states.look_of(change)
    return badge(look.label, look.tone, look.icon)


@register.filter
def change_tone(change: Any) -> str:
    return _states.look_of(change).tone


@register.filter
def message_tone(level_tag: str) -> str:
    return _states.MESSAGE_TONES.get(level_tag, "neutral")


@register.filter
def notice_icon(tone: str) -> SafeString:
    return icon_svg(_states.NOTICE_ICONS.get(tone, "information-circle"))


@register.simple_tag
def meter(part: object, whole: object, tone: str = "") -> str:
    """A thin bar of ``part`` within ``whole``. Silent: the numbers stand beside it in words."""
    share = _words.share_of(part, whole)
    width = min(max(share or 0.0, 0.0), 1.0) * 100
    return format_html(
        '<svg class="meter tone-{}" aria-hidden="true" focusable="false">'
        '<rect width="{}%" height="100%" rx="2.5"></rect></svg>',
        tone or _states.tone_of_share(share),
        f"{width:.1f}",
    )


@register.simple_tag
def spend(spent: object, limit: object, currency: str = "USD", tone: str = "") -> str:
    """``312.40 / 500 USD`` over its bar."""
    words = _words.amount_in_words(spent or 0)
    if limit in (None, ""):
        return format_html('<span class="num">{} {}</span>', words, currency)
    return format_html(
        '<div class="spend"><span class="num">{} / {} {}</span>{}</div>',
        words,
        _words.amount_in_words(limit, short=True),
        currency,
        meter(spent or 0, limit, tone),
    )


@register.simple_tag
def secret_dots() -> str:
    return format_html(
        '<span aria-hidden="true">{}</span><span class="sr-only">hidden</span>', "•" * 10
    )


@register.simple_tag
def copy_button(text: str = "", label: str = "Copy", source: str = "") -> str:
    """Copies ``text``, or the text of the element with the id ``source``."""
    wiring = ("data-copy-from", source) if source else ("data-copy", text)
    return format_html(
        '<button type="button" class="btn-icon needs-js" {}="{}" title="{}">{}'
        '<span class="sr-only">{}</span></button>',
        *wiring,
        label,
        icon_svg("document-duplicate", 16),
        label,
    )


# --- Pieces that hold others ----------------------------------------------------------------------


@register.simple_block_tag
def card(
    content: str,
    title: str,
    link_url: str = "",
    link_label: str = "",
    id: str = "",
) -> str:
    """A card with a heading and perhaps a link beside it."""
    link = format_html('<a class="link" href="{}">{}</a>', link_url, link_label)
    return format_html(
        '<section class="card"{}><header class="card-head"><h2>{}</h2>{}</header>'
        '<div class="card-body">{}</div></section>',
        format_html(' id="{}"', id) if id else "",
        title,
        link if link_url else "",
        content,
    )


@register.simple_block_tag
def fact(content: str, term: str) -> str:
    """One row of ``<dl class="facts">``."""
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", term, content)


@register.simple_block_tag
def notice(
    content: str, tone: str = "accent", icon: str = "", link_url: str = "", link_label: str = ""
) -> str:
    """A sentence that matters for the whole page, perhaps with a link at its end."""
    link = format_html('<a class="link" href="{}">{}</a>', link_url, link_label)
    return format_html(
        '<div class="notice tone-{}">{}<div class="notice-text">{}</div>{}</div>',
        tone,
        icon_svg(icon) if icon else notice_icon(tone),
        content,
        link if link_url else "",
    )


@register.simple_block_tag
def empty_state(content: str, title: str, icon: str = "inbox") -> str:
    return format_html(
        '<div class="empty">{}<h2>{}</h2>{}</div>', icon_svg(icon, 40, outline=True), title, content
    )


# --- Fields ---------------------------------------------------------------------------------------


@register.inclusion_tag("components/field.html")
def field_row(
    field: BoundField,
    help: str = "",
    unit: str = "",
    width: str = "m",
    mono: bool = False,
    label: str = "",
    placeholder: str | None = None,
) -> dict[str, Any]:
    """Label, control, help and errors of a form field. ``width``: s, m or full."""
    return _fields.field_context(
        field,
        help=help,
        unit=unit,
        width=width,
        mono=mono,
        label=label,
        placeholder=placeholder,
    )


@register.inclusion_tag("components/radio_cards.html")
def radio_cards(field: BoundField, cards: Sequence[_fields.Card]) -> dict[str, Any]:
    """A radio group of cards. A card: ``value label text``, and ``disabled reason`` if it is."""
    return _fields.radio_card_context(field, cards)


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm) -> dict[str, Any]:
    """What stands beside no field, then links to the wrong fields; nothing when all is well."""
    bound = [form for form in forms if form]
    return {
        "errors": list(_fields.homeless_errors(bound)),
        "fields": list(_fields.wrong_fields(bound)),
    }


# --- Lists ----------------------------------------------------------------------------------------


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: Context, key: str, label: str, css: str = "", default: str = ""
) -> dict[str, Any]:
    """A ``<th>`` that sorts by ``key``. ``default``: the sorting when the URL names none."""
    query = context["request"].GET
    return {"label": label, "css": css, **_links.sort_context(query, key, current=default)}


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page, noun: str = "") -> dict[str, Any]:
    return {**_links.page_links(context["request"].GET, page), "noun": noun}
