"""/account: what users do themselves, a file per noun."""

from chalicelib.api.account import (
    account,
    authenticators,
    challenges,
    handovers,
    mfa,
    passkeys,
    recovery,
    recovery_codes,
    sessions,
    tokens,
    verifications,
)

ROUTES = (
    account.routes,
    sessions.routes,
    verifications.routes,
    mfa.routes,
    recovery_codes.routes,
    authenticators.routes,
    challenges.routes,
    recovery.routes,
    passkeys.routes,
    tokens.routes,
    handovers.routes,
)
