"""What of the emulated account can be changed while it serves."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

DEFAULT_API_KEY = "sandbox-key"
DEFAULT_API_VERSION = "2026-04-16"


@dataclass
class Settings:
    """`list_lag_seconds`: a created trunk is in lists only that much later (readable by id at
    once). `commit_lag_seconds`: a write takes effect that much later; an answer that is not
    dropped waits for it. `requests_per_second`: 429 above it; None for no limit.
    `callback_secret`: what callbacks are signed with; None for none at all. One that is not taken
    is told again after `callback_retry_seconds`, `callback_attempts` times in all.
    """

    api_key: str = DEFAULT_API_KEY
    api_version: str = DEFAULT_API_VERSION
    max_page_size_trunks: int = 1000
    max_page_size_dids: int = 100
    features: tuple[str, ...] = ("replace_cli", "randomize_cli")
    outbound_enabled: bool = True
    list_lag_seconds: float = 0.0
    commit_lag_seconds: float = 0.0
    requests_per_second: int | None = None
    callback_secret: str | None = None
    callback_attempts: int = 10
    callback_retry_seconds: float = 5.0

    def change(self, values: dict[str, Any]) -> None:
        """Raises ValueError, changing nothing, when a name is unknown."""
        known = {field.name for field in fields(self)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(unknown)}; known: {sorted(known)}")
        for name, value in values.items():
            setattr(self, name, tuple(value) if name == "features" else value)

    def as_dict(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"features": list(self.features)}
