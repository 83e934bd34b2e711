"""The hosted pages in Chromium, as people use them: on a desktop and a phone, by keyboard, in several languages."""

from __future__ import annotations

import base64
import hashlib
import secrets
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.browser.hosted.visitor import PASSWORD, REFUSED, Come, Owner, Visitor, by_team, request
from tests.browser.views import DEVICES, PHONE
from tests.support.servers import Server

pytestmark = pytest.mark.browser

WAYS = {"submit": "password", "code": "emailCode", "link": "magicLink"}
"""The ways to sign in that the project switches, by their buttons."""
APP = "http://localhost:3999/back"


@DEVICES
def test_newcomer_signs_up_and_confirms_the_mailbox(come: Come, device: dict[str, Any]) -> None:
    visitor, email = come("sign-in", REFUSED, **device), f"new.{secrets.token_hex(8)}@example.com"
    visitor.sees("sign_in.title")
    visitor.follows("sign_in.no_account")
    visitor.sees("sign_up.title")
    visitor.presses("sign_up.submit")
    expect(visitor.page.locator(".mistake").nth(1)).to_have_text(visitor.word("field.empty"))
    visitor.types(email=email, password=PASSWORD, name="Ada")
    visitor.presses("sign_up.submit")
    visitor.sees("verify.code.title")
    visitor.types(code="000000")
    visitor.presses("verify.submit")
    visitor.is_told("error.user_invalid_token")
    visitor.types(code=visitor.mail(email)["code"])
    visitor.presses("verify.submit")
    visitor.is_at_the_settings()


@DEVICES
def test_second_step_by_app_mail_or_recovery_code(come: Come, server: Server, device: dict[str, Any]) -> None:
    owner = Owner(server)
    owner.has_an_app()
    owner.has_recovery_codes()
    owner.has_mfa()
    visitor = come("sign-in", REFUSED, "ERR_FAILED", **device)
    visitor.types(email=owner.email, password="wrong")
    visitor.presses("sign_in.submit")
    visitor.is_told("error.user_invalid_credentials")
    visitor.types(password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.sees("factor.title")

    visitor.types(code="000000")
    visitor.presses("factor.submit")
    visitor.is_told("error.totp.user_invalid_token")  # which says what to do where a code was used before
    visitor.takes("recoveryCode")
    visitor.types(code="aaaa-aaaa-aaaa-aaaa")
    visitor.presses("factor.submit")
    visitor.is_told("error.recovery.user_invalid_token")
    visitor.takes("email")
    expect(visitor.page.locator("main")).to_contain_text(visitor.word("factor.email.lead"))
    visitor.takes("totp")
    visitor.page.route("**/account/sessions/current", lambda route: route.abort())
    visitor.presses("factor.sign_out")
    visitor.is_told("error.offline")
    visitor.takes("email")  # the code that was sent still counts
    visitor.page.reload()  # as a phone does after a look at the mail
    visitor.types(code=visitor.mail(owner.email)["code"])
    visitor.presses("factor.submit")
    visitor.is_at_the_settings()


def test_code_of_an_app_is_pasted_as_it_is_shown(come: Come, server: Server) -> None:
    owner = Owner(server)
    owner.has_an_app()
    owner.has_mfa()
    visitor = come("sign-in", REFUSED)
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.sees("factor.title")
    field = visitor.page.locator("[name=code]")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    expect(field).to_have_attribute("inputmode", "numeric")

    code = owner.code()
    visitor.types(code=f" {code[:3]} {code[3:]}\n")
    expect(field).to_have_value(code)
    visitor.types(code="".join(chr(0x660 + int(digit)) for digit in code))  # as an Arabic keyboard types it
    expect(field).to_have_value(code)
    visitor.presses("factor.submit")
    visitor.is_at_the_settings()
    visitor.page.goto(f"{server.url}/v1/pages/sign-up")  # where an account more would have nobody
    visitor.is_at_the_settings()


def test_recovery_code_is_enough_once(come: Come, server: Server) -> None:
    owner = Owner(server)
    owner.has_an_app()
    owner.has_recovery_codes()
    owner.has_mfa()
    visitor = come("sign-in", REFUSED)
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.sees("factor.title")
    visitor.takes("recoveryCode")
    visitor.types(code=owner.recovery_codes[0].upper())
    visitor.presses("factor.submit")
    visitor.is_at_the_settings()


def test_sign_in_by_a_code_or_a_link_in_a_mail(come: Come, server: Server) -> None:
    owner = Owner(server)
    visitor = come(**PHONE)
    visitor.presses("sign_in.code")
    expect(visitor.page.locator(".mistake").first).to_have_text(visitor.word("field.empty"))
    visitor.types(email=owner.email)
    visitor.presses("sign_in.code")
    visitor.sees("sign_in.code.title")
    mail = visitor.mail(owner.email)
    assert visitor.page.locator(".phrase").inner_text().split("\u2068")[1].split("\u2069")[0] in mail["text"]
    visitor.page.reload()
    visitor.types(code=mail["code"])
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()

    visitor = come(**PHONE)
    visitor.types(email=owner.email)
    visitor.presses("sign_in.link")
    visitor.sees("sign_in.link.title")
    visitor.page.goto(visitor.link(owner.email, 2))
    visitor.sees("sign_in.title")
    assert "secret" not in visitor.page.url
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()


@pytest.mark.parametrize("way", ["code", "link"])
def test_forgotten_password_is_set_anew(come: Come, server: Server, way: str) -> None:
    owner = Owner(server)
    visitor = come()
    visitor.follows("sign_in.forgotten")
    visitor.sees("recovery.title")
    visitor.types(email=owner.email)
    visitor.presses("recovery.submit" if way == "code" else "recovery.link")
    if way == "code":
        visitor.sees("recovery.code.title")
        visitor.page.reload()  # as a phone does after a look at the mail
        visitor.types(code=visitor.mail(owner.email)["code"])
    else:
        visitor.sees("recovery.link.title")
        visitor.page.goto(visitor.link(owner.email))
        visitor.sees("recovery.code.title")
    visitor.types(password="short")
    visitor.presses("recovery.set")
    expect(visitor.page.locator(".mistake").last).to_have_text(visitor.word("field.password_short", least="8"))
    visitor.types(password="another horse battery")
    visitor.presses("recovery.set")
    visitor.sees("recovery.done.title")
    visitor.follows("sign_in.submit")
    visitor.types(email=owner.email, password="another horse battery")
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()


def test_link_of_a_verification_is_confirmed_by_a_person(come: Come, server: Server) -> None:
    owner = Owner(server, verified=False)
    owner.does("POST", "/account/verifications/email", {"url": f"{server.url}/v1/pages/verify"})
    visitor = come("verify", REFUSED)
    visitor.sees("verify.title")
    link = visitor.link(owner.email)

    visitor.page.goto(link)  # as a program does that looks through mails
    visitor.sees("verify.title")
    assert not owner.does("GET", "/account")["emailVerification"]
    visitor.page.locator("footer [lang=en]").click()  # whoever reads it in another language can go on
    visitor.page.wait_for_url("**lang=en")
    visitor.presses("verify.submit")
    visitor.sees("verify.done")
    assert owner.does("GET", "/account")["emailVerification"]
    visitor.page.goto(link)
    visitor.presses("verify.submit")
    visitor.is_told("error.link.user_invalid_token")


def test_first_proof_that_brings_mfa_into_force_asks_elsewhere(come: Come, server: Server) -> None:
    """Where the proof was not given, the session has ended: the page of the proof says so."""
    owner = Owner(server, verified=False)
    visitor = come("sign-in", REFUSED)
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()
    owner.has_mfa()
    owner.does("POST", "/account/verifications/email", {"url": f"{server.url}/v1/pages/verify"})
    elsewhere = come("verify")
    elsewhere.page.goto(elsewhere.link(owner.email))
    elsewhere.presses("verify.submit")
    elsewhere.sees("verify.done")
    expect(elsewhere.page.locator("main")).to_contain_text(elsewhere.word("verify.done.lead"))

    visitor.page.reload()
    visitor.sees("sign_in.title")
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.sees("factor.title")


def test_keyboard_is_enough(come: Come, server: Server) -> None:
    owner = Owner(server)
    owner.has_an_app()
    owner.has_mfa()
    visitor = come("sign-in", REFUSED)
    keyboard = visitor.page.keyboard
    keyboard.type(owner.email)
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Tab")
    keyboard.press("Space")
    expect(visitor.page.locator("[name=password]")).to_have_attribute("type", "text")
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    visitor.sees("factor.title")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(visitor.button("factor.email.name")).to_be_visible()
    for _ in range(2):
        keyboard.press("Shift+Tab")
    keyboard.type(owner.code())
    keyboard.press("Enter")
    visitor.is_at_the_settings()


# An app on another site


def verifier_and_challenge() -> tuple[str, str]:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_app_that_sent_the_visitor_gets_the_session(come: Come, server: Server) -> None:
    owner, (verifier, challenge) = Owner(server), verifier_and_challenge()
    query = urlencode({"return": APP, "challenge": challenge, "state": "s1"})
    visitor = come("sign-in", query=query)
    visitor.page.route(f"{APP}*", lambda route: route.fulfill(body="The app"))
    visitor.page.get_by_role("link", name="Deutsch").click()
    german = Visitor(visitor.page, server, "de")
    german.sees("sign_in.title")
    german.follows("sign_in.no_account")
    german.follows("sign_up.account")
    german.types(email=owner.email, password=PASSWORD)
    with german.page.expect_request(f"{APP}*") as asked:
        german.presses("sign_in.submit")
    told = parse_qs(urlsplit(asked.value.url).query)
    assert told["state"] == ["s1"]
    body = {"code": told["code"][0], "verifier": verifier}
    session = request(server, "POST", "/v1/account/sessions/handover", body, Origin="http://localhost:3999")
    assert session["userId"] == owner.id


def test_visitor_of_an_app_that_is_not_known_is_warned(come: Come) -> None:
    visitor = come(query=urlencode({"return": "https://evil.example/", "challenge": "x"}))

    visitor.sees("stranger.title")
    assert visitor.page.locator("input, form").count() == 0


def test_link_of_a_stranger_takes_no_code_to_the_app_unasked(come: Come, server: Server) -> None:
    """He knows the verifier, and has chosen the page: it may be one that tells others of its address."""
    owner, (_, challenge) = Owner(server), verifier_and_challenge()
    visitor = come()
    page = visitor.page
    page.route(f"{APP}*", lambda route: route.fulfill(body="The app"))
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()
    link = f"{server.url}/v1/pages/sign-in?{urlencode({'return': APP, 'challenge': challenge})}"
    for referer in (None, "http://localhost:3998/"):
        page.goto(link, referer=referer)
        expect(page.locator("h1")).to_have_text(visitor.word("leave.title", place="localhost:3999"))
        visitor.is_for_everybody()
    with page.expect_request(f"{APP}?code=*"):
        visitor.presses("leave.submit")
    with page.expect_request(f"{APP}?code=*"):
        page.goto(link, referer="http://localhost:3999/")


# What may go wrong, and how it looks to others


def test_somebody_else_signs_in_where_a_blocked_user_was(come: Come, server: Server) -> None:
    owner, visitor = Owner(server), come("sign-in", "status of 403")
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()
    by_team(server, "PATCH", f"/users/{owner.id}/status", {"status": False})
    visitor.page.goto(f"{server.url}/v1/pages/sign-in")
    visitor.is_told("error.user_blocked")
    visitor.follows("error.again")
    visitor.sees("sign_in.title")


def test_help_is_a_page_or_a_mailbox(come: Come) -> None:
    visitor = come("verify")
    page, mailbox = "https://social.example/@team", "team@example.com"
    for support, href in ((page, page), (mailbox, f"mailto:{mailbox}")):
        visitor.is_given(support=support)
        visitor.page.reload()
        expect(visitor.page.locator("footer > a")).to_have_attribute("href", href)


def test_refusals_say_what_to_do(come: Come) -> None:
    visitor = come("sign-in", "status of", "ERR_FAILED")
    cases = {
        "general_rate_limit_exceeded": (429, "error.general_rate_limit_exceeded"),
        "user_blocked": (403, "error.user_blocked"),
        "user_password_reset_required": (412, "error.user_password_reset_required"),
        "general_service_unavailable": (503, "error.general_service_unavailable"),
        "something_new": (418, "error.unknown"),
    }
    visitor.types(email="ada@example.com", password=PASSWORD)
    for type_, (status, words) in cases.items():
        body = {"status": status, "json": {"type": type_, "message": "No."}, "headers": {"Retry-After": "90"}}
        visitor.page.route("**/account/sessions/email", partial(_fulfill, body))
        visitor.presses("sign_in.submit")
        visitor.is_told(words)
    visitor.page.route("**/account/sessions/email", lambda route: route.abort())
    visitor.presses("sign_in.submit")
    visitor.is_told("error.offline")
    visitor.page.route("**/account/sessions/email", lambda route: route.fulfill(status=502, body="<html>"))
    visitor.presses("sign_in.submit")
    visitor.is_told("error.unknown")


def test_pages_offer_what_the_project_allows(come: Come, server: Server) -> None:
    visitor = come("recovery")
    for buttons in (["submit", "code", "link"], ["code", "link"], ["link"], []):
        allowed = {WAYS[name] for name in buttons}
        visitor.is_given(ways=dict.fromkeys(allowed, True))
        visitor.page.goto(f"{server.url}/v1/pages/sign-in")
        visitor.sees("sign_in.title")
        expect(visitor.page.locator("form > button")).to_have_text(
            [visitor.word(f"sign_in.{name}") for name in buttons]
        )
        expect(visitor.page.locator("[name=password]")).to_have_count(int("password" in allowed))
        expect(visitor.page.get_by_text(visitor.word("sign_in.closed"))).to_have_count(int(not buttons))
    visitor.page.goto(f"{server.url}/v1/pages/sign-up")
    expect(visitor.page.get_by_text(visitor.word("sign_up.closed"))).to_be_visible()


def test_another_code_can_be_sent_after_a_while(come: Come, server: Server) -> None:
    """The server of these tests has no limits."""
    owner, visitor = Owner(server), come("recovery")
    page = visitor.page
    page.clock.install()
    visitor.is_given(cooldown=30)
    visitor.follows("recovery.sign_in")
    visitor.types(email=owner.email)
    visitor.presses("sign_in.code")
    again = page.locator("button.quiet").first
    expect(again).to_have_text(visitor.word("again.wait", label=visitor.word("code.again"), wait="30 seconds"))
    expect(again).to_have_attribute("aria-disabled", "true")
    again.dispatch_event("click")
    page.clock.run_for(30_000)
    expect(again).to_have_text(visitor.word("code.again"))
    visitor.mail(owner.email)
    again.click()
    visitor.mail(owner.email, 2)


def _fulfill(answer: dict[str, Any], route: Route) -> None:
    route.fulfill(**answer)


@pytest.mark.parametrize("language", ["ar", "fr", "es"])
def test_pages_are_for_everybody_in_every_language(come: Come, server: Server, language: str) -> None:
    owner = Owner(server)
    owner.has_an_app()
    owner.has_mfa()
    visitor = come("sign-up", REFUSED, language=language, **PHONE)
    visitor.sees("sign_up.title")
    visitor.follows("sign_up.account")
    visitor.sees("sign_in.title")
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.sees("factor.title")
    visitor.takes("email")
    visitor.sees("factor.title")
