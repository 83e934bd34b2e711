"""Refusals that more than one file of tests expects, each as status and type."""

from __future__ import annotations

CONFIRMED = (409, "user_authenticator_already_verified")
CREDENTIALS_INVALID = (401, "user_invalid_credentials")
EXISTS = (409, "user_already_exists")
GUEST = (401, "general_unauthorized_scope")
HAS_CODES = (409, "user_recovery_codes_already_exists")
LIMITED = (429, "general_rate_limit_exceeded")
MORE = (401, "user_more_factors_required")
NO_JWT = (403, "user_jwt_creation_denied")
NO_PHONE = (400, "user_phone_not_found")
NO_ROUTE = (404, "general_route_not_found")
NO_SESSION = (404, "user_session_not_found")
NO_USER = (404, "user_not_found")
RECENT = (401, "user_challenge_required")
RECENTLY_USED = (400, "password_recently_used")
REMOVED = (404, "user_authenticator_not_found")
SIGNED_IN = (401, "user_session_already_exists")
BLOCKED = (403, "user_blocked")
TAKEN = (409, "user_target_already_exists")
TOKEN = (401, "user_invalid_token")
