"""/users: what the team's servers do with an API key."""

from chalicelib.api.users import changes, imports, mfa, sessions, users

ROUTES = (users.routes, imports.routes, changes.routes, sessions.routes, mfa.routes)
