"""The entry point of Chalice and of Lambda."""

import logging

from chalice.app import Chalice

from chalicelib import api, worker
from chalicelib.runtime import logs, settings

# The local server has a line of its own for every request.
logs.install(logging.WARNING if settings.config().local else logging.INFO)
app = Chalice(app_name=f"chalice-mfa-{settings.config().stage}", configure_logs=False)  # the REST API's name
api.register(app)
take = worker.register(app)  # the queue's function, which Lambda looks for under this name
