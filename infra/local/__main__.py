"""`python -m infra.local`: the development server, see `server.py`."""

import sys

from infra.local.signals import Stop

if __name__ == "__main__":
    stop = Stop()  # before the imports, which take a second in which Ctrl-C is as likely

    from infra.local.server import main

    sys.exit(main(stop))
