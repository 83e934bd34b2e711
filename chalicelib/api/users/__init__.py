"""/users: what the team's servers do with an API key."""

from chalicelib.api.users import changes, export, imports, mfa, passkeys, sessions, targets, tokens, users

ROUTES = (
    users.routes,
    imports.routes,
    changes.routes,
    targets.routes,
    sessions.routes,
    tokens.routes,
    mfa.routes,
    passkeys.routes,
    export.routes,
)
