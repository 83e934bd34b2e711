"""Sign in with a code that went to a phone number; whoever has no account gets one, with the number proven."""

from __future__ import annotations

from chalicelib.accounts import create as accounts
from chalicelib.accounts import phones as account_phones
from chalicelib.accounts.verify import proof_at_sign_in
from chalicelib.audit.acts import Actor, Kind, notify_owner
from chalicelib.delivery import phone_numbers, sms_budget
from chalicelib.errors import fail, liftable, wrong_code
from chalicelib.factors.ways import Way
from chalicelib.ids import new_id
from chalicelib.models import NumberUse, Project, SignInCode, User
from chalicelib.runtime import clock, settings
from chalicelib.security import codes, guesses
from chalicelib.sessions import policy, secret
from chalicelib.sign_in import begin
from chalicelib.sign_in.begin import Opened, Stale
from chalicelib.sign_in.phone_tokens import matches
from chalicelib.storage import dynamo, keys, phones, sessions, users


class ByPhoneCode(Way):
    provider = "phone"
    factor = "phone"
    channel = "phone"
    method = "phone"
    rests_on = ("phone", "phone_verified", "phone_by_team", "phone_before")

    def is_open(self, user: User) -> bool:
        return user.owns_phone or bool(user.phone_before)


class _IdTaken(Exception):
    """There is a user of that id since the code was sent."""


def sign_in(actor: Actor, user_id: str, code: str, project: Project, alert: bool) -> Opened:
    """Begin a session for the code that was sent for that id. The number is proven thereby.

    `code` may be the six digits or the form in which API keys got them. 401 `user_invalid_token` for an unknown id and
    a wrong, spent, expired or superseded code, and after as many wrong ones as a challenge may have; 429 when the
    number has had its most of wrong codes; 403 `user_blocked` for the right code of a blocked owner.

    As with challenges, a code is told right or wrong only against the counts that it was judged with.
    """
    held = secret.unwrap(code)
    digits = codes.canonical_one_time_code(held.secret if held and held.user_id == user_id else code) or ""
    config = settings.config()
    for _ in range(config.challenge_attempts + config.guesses_per_hour + policy.most()):
        sent = _open_code(user_id)
        spellings = phone_numbers.spellings(sent.number)
        use_item, *claims = dynamo.read(keys.number_use(sent.number), *map(keys.phone, spellings))
        use, owner = phones.number_use_of(use_item), phones.owner(spellings, claims)
        _require_budget(use)
        try:
            if not matches(sent, user_id, digits):
                _count_wrong_code(actor, sent, use, owner)
                raise wrong_code("wrong sign-in code")
            if owner:
                return _open_owners(actor, sent, use, owner, project, alert)
            return _open_new(actor, sent, use, user_id)
        except Stale:
            continue
    raise fail("general_service_unavailable", retry_after=1, reason="too many answers at the same time")


def _open_code(user_id: str) -> SignInCode:
    code = phones.sign_in_code_of(dynamo.read(keys.sign_in_code(user_id))[0])
    if code is None:
        raise fail("user_invalid_token", reason="no open sign-in code: used already, or none was sent for that id")
    if code.expire <= clock.now():
        raise fail("user_invalid_token", reason="sign-in code expired")
    if code.attempts >= settings.config().challenge_attempts:
        raise fail("user_invalid_token", reason=f"sign-in code dead after {code.attempts} wrong answers")
    return code


def _require_budget(use: NumberUse) -> None:
    seconds = guesses.wait(use.guesses, clock.now())
    if seconds:
        raise fail("general_rate_limit_exceeded", retry_after=seconds, reason=liftable(guesses.SPENT))


def _count_wrong_code(actor: Actor, sent: SignInCode, use: NumberUse, owner: User | None) -> None:
    after = guesses.with_another(use.guesses, clock.now()) if settings.config().rate_limits else use.guesses
    events = [actor.does(Kind.WRONG_SIGN_IN_CODE, owner).entry] if owner else []
    phones.count_wrong_code(sent, use, after, Stale(), *events)


def _open_owners(actor: Actor, sent: SignInCode, use: NumberUse, owner: User, project: Project, alert: bool) -> Opened:
    """The owner's session."""
    begin.require_unblocked(owner)
    if sent.created <= owner.blocked_at:
        raise fail("user_invalid_token", reason="sign-in code of before the user was blocked")
    if owner.phone in phone_numbers.spellings(sent.number) and not owner.phone_verified:
        _prove(actor, sent, use, owner, project)
        raise Stale
    update = phones.when_owned_as_read(users.update(owner, Stale()), owner)
    opened = begin.keep(ByPhoneCode(), actor, owner, update, alert, phones.spend_code(sent, use, Stale()))
    sms_budget.note_verified(phone_numbers.country_of(sent.number))
    return opened


def _prove(actor: Actor, sent: SignInCode, use: NumberUse, owner: User, project: Project) -> None:
    """The first proof of a number that the team set, or of one that the user went back to.

    It is a transaction of its own, after which the code is judged anew: sessions may have ended with it.
    """
    update = users.dated_update(owner, Stale())
    acts, carried = proof_at_sign_in(actor, update, owner, project)
    still = phones.code_as_read(sent, use, Stale())
    dynamo.commit(update, *still, *carried, *phones.release(owner, but=owner.phone), *(act.entry for act in acts))
    notify_owner(acts)


def _open_new(actor: Actor, sent: SignInCode, use: NumberUse, user_id: str) -> Opened:
    """An account of the number's own, with the id that was asked for unless somebody has taken it since."""
    now = clock.now()
    user = accounts.new_user(user_id, now, phone=sent.number, phone_verified=True)
    opened = begin.new_session(ByPhoneCode(), user, actor.client)
    user = begin.as_first(opened, user, actor.client)
    acts = [actor.does(kind, user) for kind in (Kind.USER_CREATED, Kind.PHONE_VERIFIED, Kind.SIGNED_IN)]
    made = [*users.new(user, _IdTaken()), phones.claim(sent.number, user.id, Stale()), sessions.new(opened.session)]
    try:
        dynamo.commit(*phones.spend_code(sent, use, Stale()), *made, *(act.entry for act in acts))
    except _IdTaken:
        return _open_new(actor, sent, use, new_id(now))
    begin.count(ByPhoneCode())
    sms_budget.note_verified(phone_numbers.country_of(sent.number))
    account_phones.take_off_others(sent.number, user.id)
    return opened
