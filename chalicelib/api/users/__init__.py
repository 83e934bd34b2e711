"""/users: what the team's servers do with an API key."""

from chalicelib.api.users import changes, mfa, sessions, users

ROUTES = (users.routes, changes.routes, sessions.routes, mfa.routes)
