"""SMS by SNS."""

from chalicelib import services
from chalicelib.delivery.failures import SMS, mapped
from chalicelib.errors import fail


def send(number: str, text: str) -> None:
    """Sends `text` to `number` (E.164).

    Raises 503 `general_phone_disabled`: SMS is not configured, or SNS did not take it (with retry_after if it
    may do so later).
    """
    if not services.config().sms:
        raise fail("general_phone_disabled")
    with mapped(SMS):
        services.client("sns").publish(PhoneNumber=number, Message=text, MessageAttributes=_attributes())


def _attributes() -> dict[str, dict[str, str]]:
    attributes = {"SMSType": "Transactional", "SenderID": services.config().sms_sender_id}
    return {
        f"AWS.SNS.SMS.{name}": {"DataType": "String", "StringValue": value}
        for name, value in attributes.items()
        if value
    }
