"""axe-core: what is wrong with a page for people who use it otherwise."""

from functools import cache
from importlib.resources import files

from playwright.sync_api import Page

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# What is still fading in has no contrast yet.
COME_TO_REST = """() => document.getAnimations().forEach(
  (a) => Number.isFinite(a.effect.getComputedTiming().endTime) && a.finish())"""


@cache
def axe_source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def violations(page: Page) -> list[str]:
    """Each rule that axe finds broken, with the element that breaks it."""
    page.evaluate(axe_source())
    page.evaluate(COME_TO_REST)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{v['id']}: {n['html'][:160]}" for v in found for n in v["nodes"]]
