from trunks.web.listing import (
    clear_url,
    is_fragment,
    kept,
    link,
    live,
    page_of,
    pill,
    respond,
    vary,
)

__all__ = ["clear_url", "is_fragment", "kept", "link", "live", "page_of", "pill", "respond", "vary"]
