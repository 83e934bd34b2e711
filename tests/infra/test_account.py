"""What `make deploy` tells of the account's mails and SMS, by AWS's answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, NamedTuple

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from infra.deploy import account
from infra.deploy.stage import Stage, read

SENDER = "no-reply@mail.example.com"
SANDBOX = "SES is in its sandbox here: mails reach verified addresses only. Ask for production access."
PAUSED = "SES sends nothing for this account: sending is off, or paused by AWS. See its account dashboard."
UNVERIFIED = f"The sender is not verified in SES here: verify mail.example.com, by its DKIM records, or {SENDER}."
SMS_SANDBOX = "SNS is in its SMS sandbox here: SMS reach verified numbers only. Leave it in the console of SNS."


class Aws(NamedTuple):
    """The answers that are still to come."""

    sesv2: Stubber
    sns: Stubber

    def mails(self, production: bool = True, sending: bool = True, verified: str = SENDER) -> None:
        self.sesv2.add_response("get_account", {"ProductionAccessEnabled": production, "SendingEnabled": sending})
        for name in (SENDER, "mail.example.com", "example.com"):
            asked = {"EmailIdentity": name}
            if name == verified:
                self.sesv2.add_response("get_email_identity", {"VerifiedForSendingStatus": True}, asked)
                break
            self.sesv2.add_client_error("get_email_identity", "NotFoundException", expected_params=asked)

    def sms(self, sandbox: bool = False, limit: str = "1000") -> None:
        self.sns.add_response("get_sms_sandbox_account_status", {"IsInSandbox": sandbox})
        self.sns.add_response("get_sms_attributes", {"attributes": {"MonthlySpendLimit": limit} if limit else {}})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    session = botocore.session.Session()
    session.set_credentials("x", "x")
    clients = {name: session.create_client(name, region_name="eu-central-1") for name in ("sesv2", "sns")}
    monkeypatch.setattr(account, "client", clients.__getitem__)
    with ExitStack() as stack:
        stubs = {name: stack.enter_context(Stubber(client)) for name, client in clients.items()}
        yield Aws(**stubs)
        for stub in stubs.values():
            stub.assert_no_pending_responses()


def stage(**settings: str) -> Stage:
    given = {"MFA_STAGE": "dev", "MFA_PROJECT": "demo", "MFA_SMS_COUNTRIES": "DE"}
    return replace(read("dev"), environment={**given, "MFA_MAIL_FROM": f"Demo <{SENDER}>", **settings})


def test_account_that_sends_is_no_news(aws: Aws) -> None:
    aws.mails()
    aws.sms()

    assert account.notes(stage()) == []


@pytest.mark.parametrize("verified", ["mail.example.com", "example.com"])
def test_domain_of_the_sender_may_be_what_is_verified(aws: Aws, verified: str) -> None:
    aws.mails(verified=verified)

    assert account.notes(stage(MFA_SMS="off")) == []


def test_new_account_is_told_all_that_is_missing(aws: Aws) -> None:
    aws.mails(production=False, sending=False, verified="")
    aws.sms(sandbox=True, limit="")

    assert account.notes(stage()) == [
        *(SANDBOX, PAUSED, UNVERIFIED, SMS_SANDBOX),
        "SNS spends 1 USD on SMS a month, which is 125 where they are cheapest; MFA_SMS_PER_DAY lets 1000 a day "
        "through. Raise the limit, or lower the setting.",
    ]


@pytest.mark.parametrize(("limit", "told"), [("239", True), ("240", False)])
def test_spend_limit_is_held_against_the_daily_ceiling(aws: Aws, limit: str, told: bool) -> None:
    aws.sms(limit=limit)

    assert len(account.notes(stage(MFA_MAIL_FROM=""))) == told


def test_nothing_is_asked_of_what_the_stage_does_not_send(aws: Aws) -> None:
    assert account.notes(stage(MFA_MAIL_FROM="", MFA_SMS="off")) == []


def test_missing_permission_is_a_line_and_the_rest_is_asked(aws: Aws) -> None:
    aws.sesv2.add_client_error("get_account", "AccessDeniedException")
    aws.sesv2.add_client_error("get_email_identity", "AccessDeniedException")
    aws.sns.add_client_error("get_sms_sandbox_account_status", "AuthorizationError")
    aws.sns.add_response("get_sms_attributes", {"attributes": {"MonthlySpendLimit": "1000"}})

    assert account.notes(stage()) == [
        "AWS did not answer ses:GetAccount: AccessDeniedException.",
        "AWS did not answer ses:GetEmailIdentity: AccessDeniedException.",
        "AWS did not answer sns:GetSMSSandboxAccountStatus: AuthorizationError.",
    ]


def test_region_that_cannot_be_reached_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(service: str) -> Any:
        raise EndpointConnectionError(endpoint_url=f"https://{service}.test")

    monkeypatch.setattr(account, "client", unreachable)

    assert account.notes(stage(MFA_SMS="off")) == [
        f'AWS did not answer {action}: Could not connect to the endpoint URL: "https://sesv2.test"'
        for action in ("ses:GetAccount", "ses:GetEmailIdentity")
    ]
