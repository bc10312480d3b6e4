"""The API's browsable documents: complete, silent, and nothing from elsewhere."""

from playwright.sync_api import expect

from trunks.api.schema.operations import operations


def test_the_docs_show_every_operation_without_a_complaint(visit, live_server):
    page = visit("/accounts/login/")
    foreign: list[str] = []
    page.on("request", lambda r: foreign.append(r.url) if live_server.url not in r.url else None)
    page.goto("/api/v3/docs")
    expect(page.locator(".opblock")).to_have_count(len(operations()))
    page.locator(".opblock-summary").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()
    assert not [url for url in foreign if not url.startswith("data:")]
