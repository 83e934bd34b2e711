"""Sign in with a token, of whatever kind is open for the id that it is redeemed for."""

from __future__ import annotations

from chalicelib.audit.acts import Actor, Kind
from chalicelib.errors import ApiError, fail, liftable, wrong_code
from chalicelib.models import AddressUse, Project, SignInToken, User
from chalicelib.runtime import clock, settings
from chalicelib.security import guesses
from chalicelib.sessions import policy
from chalicelib.sessions import secret as carried
from chalicelib.sign_in import tokens
from chalicelib.sign_in.begin import Opened, Stale
from chalicelib.sign_in.custom_token import ByCustomToken
from chalicelib.sign_in.email_code import ByEmailCode
from chalicelib.sign_in.magic_url import ByMagicUrl
from chalicelib.sign_in.passkey import ByPasskey
from chalicelib.sign_in.phone_code import ByPhoneCode
from chalicelib.sign_in.tokens import ByToken, Redemption
from chalicelib.storage import dynamo, keys, sign_in_tokens, targets

WAYS: dict[str, ByToken] = {
    way.kind: way for way in (ByPhoneCode(), ByEmailCode(), ByMagicUrl(), ByCustomToken(), ByPasskey())
}


def sign_in(actor: Actor, user_id: str, secret: str, project: Project, tells_device: bool, any_method: bool) -> Opened:
    """Begin a session for the token that is open for that id. The address that it went to is proven thereby.

    `tells_device`: the request comes from the device that signs in, and not from the team's server. `secret` may be as
    it was sent or in the form in which API keys got codes by SMS. 401 `user_invalid_token` for an unknown id and a
    wrong, spent, expired or superseded secret, and of those that can be guessed after as many wrong ones as a challenge
    may have; 429 when the address has had its most of these; 501 `user_auth_method_unsupported`
    where the project has switched that way off, unless `any_method`; 403 `user_blocked` for the right secret of a
    blocked owner, 409 `user_target_already_exists` for that of an address which is somebody's target; 400 where the
    project lets no new user have such an address.

    As with challenges, a secret is told right or wrong only against the counts that it was judged with. One that cannot
    be guessed is not counted: guessing must not void it.
    """
    config = settings.config()
    for _ in range(config.challenge_attempts + config.guesses_per_hour + policy.most()):
        token = _open(user_id)
        way = WAYS[token.kind]
        if not any_method and not way.allowed_in(project):
            raise fail("user_auth_method_unsupported", reason=f"the project has switched {way.method} off")
        use_item, *claims = dynamo.read(way.use_of(token.address), *way.claims_on(token.address))
        use, owner = sign_in_tokens.use_of(way.use_of(token.address), use_item), way.owner(token.address, claims)
        _require_budget(token, use)
        try:
            if not tokens.matches(token, user_id, way.canonical(_typed(secret, user_id))):
                raise _wrong(actor, user_id, token, use, owner)
            if any(map(targets.is_claim, claims)):
                raise fail("user_target_already_exists", reason="the address is somebody's target")
            alert = tells_device and (project.session_alert or way.alerts)
            redemption = Redemption(actor, user_id, token, use, project, alert)
            return way.open_owners(redemption, owner) if owner else way.open_new(redemption)
        except Stale:
            continue
    raise fail("general_service_unavailable", retry_after=1, reason="too many answers at the same time")


def _open(user_id: str) -> SignInToken:
    token = sign_in_tokens.token_of(dynamo.read(keys.sign_in_token(user_id))[0])
    if token is None:
        raise fail("user_invalid_token", reason="no open sign-in token: used already, or none was made for that id")
    if token.expire <= clock.now():
        raise fail("user_invalid_token", reason="sign-in token expired")
    if token.attempts >= settings.config().challenge_attempts:
        raise fail("user_invalid_token", reason=f"sign-in token dead after {token.attempts} wrong answers")
    return token


def _typed(secret: str, user_id: str) -> str:
    """What was sent, out of the form in which an API key got it."""
    held = carried.unwrap(secret)
    return held.secret if held and held.user_id == user_id else secret


def _require_budget(token: SignInToken, use: AddressUse) -> None:
    seconds = guesses.wait(use.guesses, clock.now()) if token.guessable else 0
    if seconds:
        raise fail("general_rate_limit_exceeded", retry_after=seconds, reason=liftable(guesses.SPENT))


def _wrong(actor: Actor, user_id: str, token: SignInToken, use: AddressUse, owner: User | None) -> ApiError:
    """Count a wrong secret, if it could have been a guess. What to tell."""
    if not token.guessable:
        return fail("user_invalid_token", reason="wrong secret of a sign-in token that nobody guesses")
    after = guesses.with_another(use.guesses, clock.now()) if settings.config().rate_limits else use.guesses
    act = actor.does(Kind.WRONG_SIGN_IN_TOKEN, owner or tokens.nobody(user_id))
    sign_in_tokens.count_wrong_answer(token, use, after, Stale(), act.entry)
    return wrong_code("wrong sign-in token")
