"""`make pictures`: the two pictures of the README, taken of the running product by Chromium."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pyotp
from playwright.sync_api import Page, ViewportSize, sync_playwright

HERE = Path(__file__).parent
SIZE = ViewportSize(width=760, height=680)
MOST_BYTES = 60 * 1024
PERSON = {"userId": "ada", "email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no chromium on this machine.", file=sys.stderr)
        return 1
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        base = f"http://localhost:{probe.getsockname()[1]}"
    environment = {**os.environ, "PORT": base.rpartition(":")[2], "RATE_LIMITS": "off"}
    server = subprocess.Popen([sys.executable, "-m", "infra.local"], env=environment, stdout=subprocess.DEVNULL)
    try:
        secret = someone_with_mfa(f"{base}/v1")
        with sync_playwright() as playwright, playwright.chromium.launch(executable_path=chromium) as browser:
            take(browser.new_page(viewport=SIZE, locale="en"), f"{base}/v1/pages/sign-in", secret)
    finally:
        server.terminate()
        server.wait()
    return 0


def someone_with_mfa(endpoint: str) -> str:
    """Make an account that asks for a second step; the secret of its authenticator."""
    _wait_for(f"{endpoint}/health/version")
    team = {"X-Appwrite-Key": "local-api-key"}
    call(endpoint, "POST", "/users", PERSON, team)
    call(endpoint, "PATCH", "/users/ada/verification", {"emailVerification": True}, team)
    ada = {"X-Appwrite-Session": call(endpoint, "POST", "/users/ada/sessions", {}, team)["secret"]}
    secret: str = call(endpoint, "POST", "/account/mfa/authenticators/totp", {}, ada)["secret"]
    before = pyotp.TOTP(secret).at(int(time.time()) - 30)  # so that the code of now is still good
    call(endpoint, "PUT", "/account/mfa/authenticators/totp", {"otp": before}, ada)
    call(endpoint, "POST", "/account/mfa/recovery-codes", {}, ada)
    call(endpoint, "PATCH", "/account/mfa", {"mfa": True}, ada)
    return secret


def take(page: Page, address: str, secret: str) -> None:
    page.goto(address)
    page.fill("[name=email]", PERSON["email"])
    page.fill("[name=password]", PERSON["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=code]")
    page.click("summary")
    keep(page, "challenge")
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings*")
    page.wait_for_selector("main h1")
    keep(page, "settings")


def keep(page: Page, name: str) -> None:
    picture = page.screenshot(path=HERE / f"{name}.png", animations="disabled")
    assert len(picture) < MOST_BYTES, f"{name}.png has {len(picture)} bytes"


def call(endpoint: str, method: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
    sent = {"Content-Type": "application/json", "X-Appwrite-Project": "demo", **headers}
    with urlopen(Request(endpoint + path, json.dumps(body).encode(), sent, method=method), timeout=30) as answer:
        return json.loads(answer.read())


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


if __name__ == "__main__":
    sys.exit(main())
