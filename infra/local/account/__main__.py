"""`python -m infra.local.account [PORT]`: an empty AWS account to try a deployment on.

    AWS_ENDPOINT_URL=http://127.0.0.1:5055 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1 \
        make deploy STAGE=dev

It serves the API at the address that `make deploy` prints.
"""

from __future__ import annotations

import sys
from contextlib import closing

from infra.local.account import mends
from infra.local.account.codedeploy import CodeDeploy
from infra.local.account.functions import Functions
from infra.local.account.rest_apis import RestApis
from infra.local.http_server import Answer, Call, HttpServer, listen
from infra.local.moto_http import moto, without_pages
from infra.local.moto_patches import install
from infra.local.signals import Stop


def main(port: int) -> None:
    install()
    mends.install()
    stop = Stop()
    sockets = listen("127.0.0.1", port)
    url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    with closing(Functions(url)) as functions:
        rest_apis, codedeploy = RestApis(functions), CodeDeploy()
        others = without_pages(moto())

        def respond(call: Call) -> Answer:
            return rest_apis.respond(call) or codedeploy.respond(call) or functions.respond(call) or others(call)

        server = HttpServer(respond, sockets).start()
        print(url, flush=True)
        stop.wait()
        server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5055)
