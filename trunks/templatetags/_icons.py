"""Icons, rendered once each: lists repeat the same few hundreds of times."""

from functools import cache

from django.utils.safestring import SafeString, mark_safe
from heroicons.templatetags.heroicons import heroicon_mini, heroicon_outline


@cache
def icon_svg(name: str, size: int = 20, outline: bool = False) -> SafeString:
    """The icon as inline SVG, silent to screen readers: words beside it carry the meaning."""
    draw = heroicon_outline if outline else heroicon_mini
    drawing = draw(name, size=size, aria_hidden="true", focusable="false")
    # It comes from an installed package; name and size come from templates.
    return mark_safe(" ".join(drawing.split()).replace("> <", "><"))  # noqa: S308
