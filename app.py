"""The entry point of Chalice and of Lambda."""

from chalice.app import Chalice

from chalicelib import routes, services

services.config()
app = Chalice(app_name="chalice-mfa")
routes.register(app)
