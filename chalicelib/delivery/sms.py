"""SMS by SNS, within the budgets that stand before any money is spent."""

from __future__ import annotations

from functools import partial

from chalicelib.delivery import phone_numbers, sms_budget
from chalicelib.delivery.failures import SMS, mapped
from chalicelib.delivery.sms_budget import Purpose
from chalicelib.errors import fail
from chalicelib.models import User
from chalicelib.runtime import aws, metrics, settings


def country_of(user: User) -> str:
    """The country of the user's number, as found out when the number was set; empty when it could not be told."""
    kept: str | None = user.targets.get("phone", {}).get("country")
    return phone_numbers.country_of(user.phone) if kept is None and user.phone else kept or ""


def send(purpose: Purpose, user_id: str, number: str, country: str, text: str, client: str = "") -> None:
    """Sends `text` to `number` (E.164), which is the user's and of that country. `user_id` may be empty for a sign-in.
    `client` is the address of who asks, where that has a budget of its own for the number.

    Raises 503 `general_phone_disabled`: SMS is not configured, not sent to that country or kind of number (whoever set
    it, and when), or SNS did not take it (with retry_after if it may do so later); 429 `general_rate_limit_exceeded`
    when a budget is used up; 400 `general_argument_invalid`: the number is none that SNS could ever send to.
    """
    number = phone_numbers.in_one_form(number) or number
    count(purpose, user_id, number, country, client)
    with mapped(SMS, partial(_is_recipients, number)):
        aws.client("sns").publish(PhoneNumber=number, Message=text, MessageAttributes=_attributes())
    metrics.count("Sends", Channel="sms", Country=country or sms_budget.UNKNOWN)


def count(purpose: Purpose, user_id: str, number: str, country: str, client: str = "") -> None:
    """What `send` does before any money is spent, with the same errors. By itself it sends nothing."""
    if not settings.config().sms:
        raise fail("general_phone_disabled", reason="MFA_SMS is off")
    if not phone_numbers.can_be_mobile(number):
        raise fail("general_phone_disabled", "This deployment sends no SMS to numbers of this kind.")
    sms_budget.spend(purpose, user_id, number, country, client)


def _is_recipients(number: str, code: str, text: str) -> bool:
    """Whether SNS refused the number ("Invalid parameter: PhoneNumber Reason: ... is not valid to publish to").

    It says so of every number where it sends no SMS from the deployment's region, too: of one that exists, the settings
    are to blame.
    """
    return code == "InvalidParameter" and "PhoneNumber" in text and not phone_numbers.exists(number)


def _attributes() -> dict[str, dict[str, str]]:
    attributes = {"SMSType": "Transactional", "SenderID": settings.config().sms_sender_id}
    return {
        f"AWS.SNS.SMS.{name}": {"DataType": "String", "StringValue": value}
        for name, value in attributes.items()
        if value
    }
