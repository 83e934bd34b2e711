"""The entry point of Chalice and of Lambda."""

import logging

from chalice.app import Chalice

from chalicelib import json_logs, routes, services
from chalicelib.routes import jobs

# The local server has a line of its own for every request.
json_logs.install(logging.WARNING if services.config().local else logging.INFO)
app = Chalice(app_name="chalice-mfa", configure_logs=False)
routes.register(app)
take = jobs.register(app)  # the queue's function, which Lambda looks for under this name
