from trunks.web.asked import as_instant, as_uuid, instant, number, text, uuid

__all__ = ["as_instant", "as_uuid", "instant", "number", "text", "uuid"]
