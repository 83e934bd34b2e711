"""Mail by SES."""

import re
from email.utils import parseaddr

from chalicelib.delivery import mail_addresses
from chalicelib.delivery.failures import MAIL, bad_recipient, mapped, refused
from chalicelib.delivery.message import Message, one_line
from chalicelib.errors import fail
from chalicelib.runtime import aws, metrics, settings

_PLAIN = re.compile(r"[A-Za-z0-9 '-]{1,60}")


def send(address: str, name: str, message: Message) -> None:
    """Sends `message` to one mailbox. `name` (may be empty) is shown as the recipient's.

    Raises 503 `general_smtp_disabled`: mail is not configured, or SES did not take it (with retry_after if it
    may do so later). 400 `general_argument_invalid`: the address is none that SES could ever send to.
    """
    sender = settings.config().mail_from
    if not sender:
        raise fail("general_smtp_disabled", reason="MFA_MAIL_FROM is not set")
    shown, from_address = parseaddr(sender)
    if not mail_addresses.in_one_form(from_address):
        raise refused(MAIL, "InvalidSender")
    if (
        not address or mail_addresses.in_one_form(address) != address
    ):  # what goes on the wire is it, character by character
        raise bad_recipient(MAIL, "InvalidRecipient")
    from_header = _mailbox(shown, from_address, "From")
    raw = _mime(from_header, _mailbox(one_line(name), address, "To"), message)
    _hand_over(from_header, address, raw)


def _hand_over(from_header: str, address: str, raw: bytes) -> None:
    configuration = settings.config().mail_configuration_set
    with mapped(MAIL, _is_recipients):
        aws.client("sesv2").send_email(
            FromEmailAddress=from_header.replace("\n", ""),
            Destination={"ToAddresses": [address]},
            Content={"Raw": {"Data": raw}},
            **({"ConfigurationSetName": configuration} if configuration else {}),
        )
    metrics.count("Sends", Channel="email")


def _is_recipients(code: str, text: str) -> bool:
    """Whether SES refused the recipient.

    It has one code for all that is malformed, and the same texts for sender and recipient ("Illegal address", "Domain
    contains illegal character"). But the sender is well-formed, and so is the configuration set's name (config.py).
    """
    return code == "BadRequestException"


def _mime(from_header: str, to_header: str, message: Message) -> bytes:
    """The mail as bytes, in the old way (policy compat32), which writes the headers that it is given.

    EmailMessage parses headers and folds them anew. On the way a long quoted name loses its quotes, so that
    its commas make recipients, and "=?utf-8?q?...?=" in a name becomes syntax (seen in Python 3.11.7).
    """
    from email.mime.multipart import MIMEMultipart
    from email.mime.text import MIMEText
    from email.policy import compat32

    mail = MIMEMultipart("alternative")
    mail["From"] = from_header
    mail["To"] = to_header
    mail["Subject"] = _encoded(one_line(message.subject, 256), "Subject")
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    mail.attach(MIMEText(message.text, "plain", "utf-8"))
    mail.attach(MIMEText(message.html, "html", "utf-8"))
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n"))


def _mailbox(name: str, address: str, header: str) -> str:
    return f"{_encoded(name, header)} <{address}>" if name else address


def _encoded(text: str, header: str) -> str:
    """`text` itself when it is plain, else as RFC 2047 words, in which nothing can be mistaken for syntax."""
    from email.header import Header

    if _PLAIN.fullmatch(text):
        return text
    return Header(text, "utf-8", header_name=header).encode()
