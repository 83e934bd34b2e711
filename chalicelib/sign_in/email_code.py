"""Sign in with six digits that went to a mailbox."""

from __future__ import annotations

from chalicelib.audit.acts import Actor
from chalicelib.delivery import texts
from chalicelib.delivery.message import Message
from chalicelib.runtime import settings
from chalicelib.sign_in import mail
from chalicelib.sign_in.mail import Asker, ByMail
from chalicelib.sign_in.tokens import Sent


class ByEmailCode(ByMail):
    provider = "token"
    method = "email-otp"
    kind = "email-otp"


def send(actor: Actor, asker: Asker, address: str, phrase: str) -> Sent:
    """Mail a sign-in code to an address. `phrase`: the security phrase, if any. Errors as in `mail.send`."""
    way, project = ByEmailCode(), settings.config().project_name

    def write(sent: Sent) -> Message:
        return texts.sign_in_code(actor.locale, project, sent.secret, way.minutes, phrase)

    return mail.send(actor, way, asker, address, write)
