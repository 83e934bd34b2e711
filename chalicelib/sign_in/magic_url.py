"""Sign in by a link that went to a mailbox."""

from __future__ import annotations

from chalicelib.accounts.links import link
from chalicelib.audit.acts import Actor
from chalicelib.delivery import texts
from chalicelib.delivery.message import Message
from chalicelib.runtime import settings
from chalicelib.security import codes
from chalicelib.sign_in import mail
from chalicelib.sign_in.mail import Asker, ByMail
from chalicelib.sign_in.tokens import Sent

SECRET_LENGTH = 64


class ByMagicUrl(ByMail):
    provider = "magic-url"
    method = "magic-url"
    kind = "magic-url"

    @property
    def minutes(self) -> int:
        return settings.config().link_minutes

    def new_secret(self) -> str:
        return codes.hex_secret(SECRET_LENGTH)

    def canonical(self, typed: str) -> str:
        return typed if typed.isascii() else ""


def send(actor: Actor, asker: Asker, address: str, url: str, phrase: str) -> Sent:
    """Mail a link to `url` that signs in. `phrase`: the security phrase, if any. Errors as in `mail.send`."""
    way, config = ByMagicUrl(), settings.config()

    def write(sent: Sent) -> Message:
        target = link(url, sent.user_id, sent.secret, sent.token.expire, config.project)
        return texts.sign_in_link(actor.locale, config.project_name, target, way.minutes, phrase)

    return mail.send(actor, way, asker, address, write)
