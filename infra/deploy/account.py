"""What the account and region would do with the mails and SMS of a stage, as far as AWS tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.runtime.settings import load
from infra.deploy.aws import client
from infra.deploy.stage import Stage

CHEAPEST_SMS_USD = 0.008
"""Of one, in nearly all countries."""


def notes(stage: Stage) -> list[str]:
    """A line for each thing that keeps mails or SMS from their owners. What AWS does not tell is a line as well."""
    questions: dict[str, Callable[[Stage], Iterator[str]]] = {}
    if stage.sender:
        questions |= {"ses:GetAccount": _sending, "ses:GetEmailIdentity": _identity}
    if load(stage.environment).sms:
        questions |= {"sns:GetSMSSandboxAccountStatus": _sandbox, "sns:GetSMSAttributes": _spend}
    return [line for action, ask in questions.items() for line in _answered(action, ask, stage)]


def _answered(action: str, ask: Callable[[Stage], Iterator[str]], stage: Stage) -> list[str]:
    try:
        return list(ask(stage))
    except ClientError as error:
        return [f"AWS did not answer {action}: {error.response['Error']['Code']}."]
    except BotoCoreError as error:
        return [f"AWS did not answer {action}: {error}"]


def _sending(stage: Stage) -> Iterator[str]:
    account = client("sesv2").get_account()
    if not account.get("ProductionAccessEnabled"):
        yield "SES is in its sandbox here: mails reach verified addresses only. Ask for production access."
    if not account.get("SendingEnabled"):
        yield "SES sends nothing for this account: sending is off, or paused by AWS. See its account dashboard."


def _identity(stage: Stage) -> Iterator[str]:
    """The address, its domain or one above it, whichever is verified."""
    domain = stage.sender.partition("@")[2].split(".")
    names = [stage.sender, *(".".join(domain[first:]) for first in range(len(domain) - 1))]
    if not any(map(_is_verified, names)):
        yield f"The sender is not verified in SES here: verify {names[1]}, by its DKIM records, or {stage.sender}."


def _is_verified(name: str) -> bool:
    try:
        return bool(client("sesv2").get_email_identity(EmailIdentity=name).get("VerifiedForSendingStatus"))
    except client("sesv2").exceptions.NotFoundException:
        return False


def _sandbox(stage: Stage) -> Iterator[str]:
    if client("sns").get_sms_sandbox_account_status()["IsInSandbox"]:
        yield "SNS is in its SMS sandbox here: SMS reach verified numbers only. Leave it in the console of SNS."


def _spend(stage: Stage) -> Iterator[str]:
    """SNS stops when the month's limit is spent; unless it was raised, that is 1 USD."""
    attributes = client("sns").get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"]
    limit, daily = float(attributes.get("MonthlySpendLimit", 1)), load(stage.environment).sms_per_day
    most = int(limit / CHEAPEST_SMS_USD)
    if most < daily * 30:
        yield (
            f"SNS spends {limit:g} USD on SMS a month, which is {most} where they are cheapest; MFA_SMS_PER_DAY lets "
            f"{daily} a day through. Raise the limit, or lower the setting."
        )
