"""Prove that an address is the user's: a link or a code by e-mail, a code by SMS."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chalicelib.accounts import phones, tokens
from chalicelib.accounts.links import link
from chalicelib.audit.acts import Act, Actor, Kind, notify_owner
from chalicelib.delivery import mail, mail_budget, sms, sms_budget, texts
from chalicelib.delivery.message import Message
from chalicelib.errors import fail
from chalicelib.factors.email_code import EmailCode
from chalicelib.factors.force import Change, consequences, end_sessions, with_proof
from chalicelib.factors.phone_code import PhoneCode
from chalicelib.factors.registry import is_waiting
from chalicelib.models import Project, Session, Token, User
from chalicelib.runtime import clock, settings
from chalicelib.storage import dynamo
from chalicelib.storage import phones as stored_phones
from chalicelib.storage.writes import Update


def send_email_link(actor: Actor, user: User, url: str) -> Token:
    """Mail a link to `url` that proves the user's address, once, for `link_minutes`. It voids the one before.

    400 `user_email_not_found`, 409 `user_email_already_verified`, 429 within the cooldown and when the mailbox, or
    the client for it, had its most, 503 when it cannot be sent, 400 `general_argument_invalid` when it never
    can be to this address.
    """
    _require_unverified(user)
    config = settings.config()
    token, secret = tokens.new_link(user.email, clock.now())
    target = link(url, user.id, secret, token.expire)
    message = texts.verification(
        actor.locale, config.project_name, user.name, target, config.link_minutes, is_waiting(user)
    )
    return _mail(actor, user, token, message)


def send_email_code(actor: Actor, user: User, phrase: str) -> Token:
    """Mail a code instead, which lives `code_minutes`, with the security phrase, if any. Errors as above."""
    _require_unverified(user)
    now, config = clock.now(), settings.config()
    token, code = tokens.new_mailed_code(user.id, user.email, now, tokens.mail_key("email", user.email, now))
    message = texts.verification_code(
        actor.locale, config.project_name, code, config.code_minutes, phrase, is_waiting(user)
    )
    return _mail(actor, user, token, message)


def send_phone_code(actor: Actor, user: User) -> Token:
    """Text a code that proves the user's number, once, for `code_minutes`. It voids the one before.

    400 `user_phone_not_found`, 409 `user_phone_already_verified`, 409 `user_target_already_exists` when it is somebody
    else's by now, 429 within the cooldown, 503 when it cannot be sent.
    """
    if not user.phone:
        raise fail("user_phone_not_found", reason="there is none to verify")
    if user.phone_verified:
        raise fail("user_phone_already_verified")
    phones.require_not_anothers(user)
    token, code = tokens.new_code(user, "phone", user.phone)
    text = texts.sms(actor.locale, code, settings.config().code_minutes)
    purpose, client = sms_budget.Purpose.VERIFICATION, actor.client.address
    deliver = partial(sms.send, purpose, user.id, user.phone, sms.country_of(user), text, client)
    tokens.send(actor.does(Kind.VERIFICATION_SENT, user), user, "phone", token, deliver)
    return token


def confirm_email(
    actor: Actor, user_id: str, secret: str, session: Session | None, project: Project, by_code: bool = False
) -> Token:
    """Redeem the link, or the code: the address is verified. Errors as in `tokens.redeem`.

    `session` is the one that it is redeemed in, if any, whosever it is. The user's own has passed the factor by that,
    just now; where MFA comes into force, it is the only one that lives on, by the project's policy.
    """
    grant = partial(_grant_email, actor, session, project)
    return tokens.redeem(user_id, "email", secret, grant, by_code=by_code)[0]


def confirm_phone(actor: Actor, user_id: str, code: str, session: Session | None, project: Project) -> Token:
    """Redeem the code: the number is verified, and the user's alone. Errors as in `tokens.redeem`.

    409 `user_target_already_exists` when somebody else has proven it meanwhile, or had it from the team. MFA that could
    not be passed with it goes off. `session` as above.
    """
    token, user = tokens.redeem(user_id, "phone", code, partial(_grant_phone, actor, session, project), by_code=True)
    sms_budget.note_verified(sms.country_of(user))
    phones.take_off_others(user.phone, user.id)
    return token


def _require_unverified(user: User) -> None:
    if not user.email:
        raise fail("user_email_not_found", reason="there is none to verify")
    if user.email_verified:
        raise fail("user_email_already_verified")


def _mail(actor: Actor, user: User, token: Token, message: Message) -> Token:
    def deliver() -> None:
        mail_budget.spend("verification", user.email, client=actor.client.address, proof=token.by_code)
        mail.send(user.email, user.name, message)

    tokens.send(actor.does(Kind.VERIFICATION_SENT, user), user, "email", token, deliver)
    return token


def _grant_email(actor: Actor, session: Session | None, project: Project, user: User, update: Update) -> None:
    after = replace(user, email_verified=True)
    session = _proven(session, user, after, EmailCode.name, project)
    change = Change(user, after, project, session, proof="email")
    acts, carried = consequences(actor, update, change), end_sessions(update, change)
    acts = [*acts, actor.does(Kind.EMAIL_VERIFIED, user)]
    dynamo.commit(update.set("email_verified", True), *carried, *(act.entry for act in acts))
    notify_owner(acts)


def _grant_phone(actor: Actor, session: Session | None, project: Project, user: User, update: Update) -> User:
    session = _proven(session, user, _with_number(user), PhoneCode.name, project)
    change = Change(user, _with_number(user), project, session, proof="phone")
    acts, carried = _proof_of_phone(actor, update, change)
    dynamo.commit(update, *phones.claims(user), *carried, *(act.entry for act in acts))
    if not user.phone_verified:  # a sign-in by code may have proven it meanwhile
        notify_owner(acts)
    return user


def proof_at_sign_in(actor: Actor, update: Update, user: User, project: Project) -> tuple[list[Act], list[Update]]:
    """The number is proven with this update of the user by signing in with it. Returns as `_proof_of_phone`."""
    return _proof_of_phone(actor, update, Change(user, _with_number(user), project))


def _proof_of_phone(actor: Actor, update: Update, change: Change) -> tuple[list[Act], list[Update]]:
    """Note on the user's update that the number is proven.

    The acts to log, and to tell where it was not proven before, and what goes with the update.
    """
    stored_phones.when_owned_as_read(update, change.before).set("phone_verified", True).remove("phone_before")
    acts = consequences(actor, update, change)
    return [*acts, actor.does(Kind.PHONE_VERIFIED, change.before)], end_sessions(update, change)


def _with_number(user: User) -> User:
    return replace(user, phone_verified=True, phone_before="")


def _proven(session: Session | None, user: User, after: User, factor: str, project: Project) -> Session | None:
    """The session as it is with this proof, if it is the user's, and alive."""
    if session is None or (session.user_id, session.generation) != (user.id, user.generation):
        return None
    return with_proof(session, user, after, factor, project)
