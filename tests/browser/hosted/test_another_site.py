"""Hand-over in Chromium: the document's code on a page of an app on another site, which has npm's SDK."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.hosted.visitor import PASSWORD, Owner, Visitor
from tests.support.servers import Server

pytestmark = pytest.mark.browser


def test_app_on_another_site_signs_its_users_in(visit: Visit, server: Server, site: int) -> None:
    owner, app = Owner(server), f"http://127.0.0.1:{site}/handover.html"  # a cookie of localhost does not come along
    page = visit(app)
    expect(page.get_by_role("status")).to_have_text("Nobody has come back")
    page.get_by_role("button").click()
    visitor = Visitor(page, server)
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")

    expect(page.get_by_role("status")).to_have_text(f"Hello {owner.email}")
    assert page.url == app, "the code is gone from the address"
    assert "a_session_demo" in page.evaluate("localStorage.cookieFallback")
