"""What a page does that it should not fails its test."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.views import fit_for_everybody
from tests.browser.watch import watched

POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'unsafe-inline'\">"
MISCHIEF = {
    "console: mischief": "<script>console.error('mischief')</script>",
    "thrown: mischief": "<script>throw Error('mischief')</script>",
    "thrown: late mischief": "<script>Promise.reject(Error('late mischief'))</script>",
    "violates the following Content Security Policy": f"{POLICY}<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
    "request: https://mischief.example": "<script>fetch('https://mischief.example/').catch(() => {})</script>",
}


pytestmark = pytest.mark.browser


def show(context: BrowserContext, html: str) -> None:
    page = context.new_page()
    page.set_content(html)
    page.evaluate("0")


@pytest.mark.parametrize("complaint", MISCHIEF)
def test_mischief_of_a_page_fails_the_test(complaint: str, browser: Browser) -> None:
    with pytest.raises(AssertionError, match=complaint), watched(browser) as context:
        show(context, MISCHIEF[complaint])


def test_what_is_expected_must_occur(browser: Browser) -> None:
    with watched(browser, ["mischief"]) as context:
        show(context, MISCHIEF["console: mischief"])
    with pytest.raises(AssertionError, match="mischief"), watched(browser, ["mischief"]) as context:
        show(context, "<p>All is well</p>")


@pytest.mark.parametrize(
    ("complaint", "unfit"), [("'label'", "<input>"), ("wider", "<div style='width: 9999px'>far</div>")]
)
def test_view_that_is_unfit_for_somebody_fails_the_test(complaint: str, unfit: str, browser: Browser) -> None:
    page = "<!doctype html><html lang=en><title>A</title><main><h1>A</h1>{}</main>"
    with watched(browser) as context:
        show(context, page.format(""))
        fit_for_everybody(context.pages[0])
        show(context, page.format(unfit))
        with pytest.raises(AssertionError, match=complaint):
            fit_for_everybody(context.pages[1])
