"""/users: what the team's servers do with an API key."""

from chalicelib.api.users import mfa, sessions, users

ROUTES = (users.routes, sessions.routes, mfa.routes)
