"""/users: what the team's servers do with an API key."""

from chalicelib.api.users import changes, export, imports, mfa, sessions, targets, tokens, users

ROUTES = (
    users.routes,
    imports.routes,
    changes.routes,
    targets.routes,
    sessions.routes,
    tokens.routes,
    mfa.routes,
    export.routes,
)
