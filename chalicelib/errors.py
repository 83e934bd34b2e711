"""The errors of the API as data: type, HTTP status and public text.

Code raises them by name; web/reply.py renders them.
"""

from __future__ import annotations

from chalicelib.runtime import settings

MOST_QUOTED = 100
"""Characters of what a client sent that a reason repeats."""

ERRORS: dict[str, tuple[int, str]] = {
    "general_argument_invalid": (400, "The request contains one or more invalid arguments."),
    "general_query_invalid": (400, "The query is not supported."),
    "general_cursor_not_found": (400, "The element that the cursor names could not be found."),
    "general_unauthorized_scope": (
        401,
        "The caller is missing the scope that this endpoint needs. Sign in first.",
    ),
    "general_unknown_origin": (403, "Invalid Origin. Register this host as one of the project's origins."),
    "general_route_not_found": (404, "The requested route was not found. Check the method and the path."),
    "general_invalid_email": (400, "The identifier is no e-mail address."),
    "general_invalid_phone": (400, "The identifier is no phone number."),
    "general_rate_limit_exceeded": (429, "Too many requests. Please try again later."),
    "general_server_error": (500, "Server Error"),
    "general_not_implemented": (501, "This method of Appwrite is not served here."),
    "general_service_unavailable": (503, "The service is busy. Please try again in a moment."),
    "general_smtp_disabled": (503, "E-mail is not configured for this project."),
    "general_phone_disabled": (503, "SMS is not configured for this project."),
    "password_personal_data": (
        400,
        "The password has the user's id, name, e-mail address or phone number in it, or a word that the project does "
        "not allow. Choose another.",
    ),
    "password_recently_used": (400, "The password is one of those used last. Choose another."),
    "project_not_found": (404, "Project with the requested ID could not be found."),
    "project_id_missing": (403, "An API key needs the X-Appwrite-Project header."),
    "project_key_expired": (401, "The API key has expired. Make a new one."),
    "provider_not_found": (404, "Provider could not be found: this project sends by none that could be named."),
    "user_already_exists": (409, "A user with the same id, email, or phone already exists in this project."),
    "user_auth_method_unsupported": (
        501,
        "The requested authentication method is disabled for this project.",
    ),
    "user_authenticator_already_verified": (409, "This authenticator is already verified on your account."),
    "user_authenticator_not_found": (404, "Authenticator could not be found on the current user."),
    "user_blocked": (403, "The current user has been blocked."),
    "user_count_exceeded": (400, "This project has as many users as it may have."),
    "user_challenge_required": (
        401,
        "A recently succeeded challenge is required. Complete a challenge and try again.",
    ),
    "user_email_already_verified": (409, "The user's email address is already verified."),
    "user_email_disposable": (400, "E-mail addresses that last a moment are not allowed here. Use a lasting one."),
    "user_email_free": (400, "E-mail addresses of free providers are not allowed here. Use one of your organization."),
    "user_email_not_canonical": (
        400,
        "E-mail addresses that are aliases are not allowed here. Use the mailbox's own.",
    ),
    "user_email_not_corporate": (400, "Only e-mail addresses of organizations are allowed here."),
    "user_email_not_found": (400, "The user has no email address."),
    "user_email_not_verified": (400, "The user's email address is not verified."),
    "user_invalid_credentials": (401, "Invalid credentials. Please check the email and password."),
    "user_invalid_token": (401, "Invalid token passed in the request."),
    "user_jwt_and_cookie_set": (403, "A JWT and a session cannot be used in the same request."),
    "user_jwt_invalid": (401, "The JWT token is invalid."),
    "user_jwt_creation_denied": (403, "A JWT cannot be created with a JWT."),
    "user_mfa_factor_missing": (
        409,
        "MFA would lock this user out: no way to sign in could be completed with the factors that the user has and the "
        "project allows, and what signs the user in is no second factor beside itself. Confirm an authenticator app, "
        "verify an e-mail address or set a password first.",
    ),
    "user_more_factors_required": (401, "More factors are required to complete the sign in process."),
    "user_not_found": (404, "User with the requested ID could not be found."),
    "user_passkey_already_exists": (409, "A passkey with the same ID or credential already exists."),
    "user_passkey_invalid": (401, "The passkey could not be verified."),
    "user_passkey_limit_exceeded": (400, "The user has as many passkeys as there may be. Delete one first."),
    "user_passkey_not_found": (404, "Passkey could not be found."),
    "user_password_reset_required": (412, "The password is no longer accepted. Set another one."),
    "user_phone_already_verified": (409, "The user's phone number is already verified."),
    "user_phone_not_found": (400, "The user has no phone number."),
    "user_phone_not_verified": (400, "The user's phone number is not verified."),
    "user_reauthentication_required": (
        401,
        "This needs a sign-in, or a challenge, of the last minutes. Sign in again, or complete a challenge.",
    ),
    "user_recovery_codes_already_exists": (409, "The current user already has recovery codes."),
    "user_recovery_codes_not_found": (404, "The current user has no recovery codes."),
    "user_session_already_exists": (401, "Creation of a session is prohibited when a session is active."),
    "user_session_not_found": (404, "The current user session could not be found."),
    "user_identity_not_found": (404, "Identity could not be found."),
    "user_target_not_found": (404, "Target could not be found."),
    "user_target_already_exists": (409, "A target with the same ID or identifier already exists."),
}


class ApiError(Exception):
    """An answer of the API that is not a success.

    `type` names a row of ERRORS; `message` is public; `retry_after` is in seconds, None where a retry does not help or
    where the client decides. `reason` is for the log alone: which of the type's causes it is, with nothing secret and
    nothing of a person in it; without one it is the message, where that is not the type's own. `guess` names the metric
    that counts it, where somebody guessed.
    """

    def __init__(
        self,
        type_: str,
        message: str | None = None,
        retry_after: int | None = None,
        *,
        reason: str = "",
        guess: str = "",
    ) -> None:
        self.status, text = ERRORS[type_]
        self.type = type_
        self.message = message or text
        self.retry_after = retry_after
        self.reason = reason or message or ""
        self.guess = guess
        super().__init__(type_)


class Unfit(ValueError):
    """A value that breaks its rule: the text is public, the `reason` is for the log."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


def fail(type_: str, message: str | None = None, retry_after: int | None = None, *, reason: str = "") -> ApiError:
    """Make the error of that type, to be raised by the caller. KeyError for a type that the API does not know."""
    return ApiError(type_, message, retry_after, reason=reason)


def wrong_password(reason: str) -> ApiError:
    """401 `user_invalid_credentials`, counted as a guess."""
    return ApiError("user_invalid_credentials", reason=reason, guess="WrongPasswords")


def wrong_code(reason: str) -> ApiError:
    """401 `user_invalid_token`, counted as a guess."""
    return ApiError("user_invalid_token", reason=reason, guess="WrongCodes")


def liftable(reason: str) -> str:
    """The reason of a limit, on the local server with what lifts it."""
    return f"{reason}; RATE_LIMITS=off lifts it" if settings.config().local else reason


def quoted(text: str) -> str:
    """What a client sent, for a reason: in quotes, on one line, in ASCII and bounded, so that it forges no other."""
    return ascii(text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED]}...")
