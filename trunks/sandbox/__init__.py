"""An emulated upstream: DIDWW's API 2026-04-16 as an HTTP server, for demos and tests.

Standard library only; it imports nothing of the product, and the product nothing of it.
"""

from .runner import ABSENT, Sandbox

__all__ = ["ABSENT", "Sandbox"]
