"""AWS for one process: moto behind an HTTP endpoint, with the tables, the keys and the sender that a deployment has.

`with LocalAws() as aws:` then `os.environ.update(aws.environment())`, and `aws.reset()` between tests.
"""

import os
import sys
import time
from collections.abc import Callable
from email.utils import parseaddr
from types import TracebackType
from typing import Any

import botocore.session
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from infra.local import inbox as inbox_http
from infra.local.http_server import Answer, Call, HttpServer, Respond, listen
from infra.local.inbox import Inbox
from infra.local.moto_http import moto, without_pages
from infra.local.moto_patches import DYNAMODB_LOCK, INBOXES, install
from infra.local.stack import Stack, read_stack

REGION = "us-east-1"
LOOPBACK = "http://127.0.0.1"
SENDER = "Demo <no-reply@demo.test>"

APP_SCHEMES = (
    *(
        f"appwrite-{system}"
        for system in ("ios", "android", "macos", "windows", "linux", "tvos", "watchos", "visionos")
    ),
    *("tauri", "capacitor", "ionic"),
    *("chrome-extension", "moz-extension", "safari-web-extension"),
)
"""Schemes of the `Origin` that the SDKs of native platforms, web views of apps and browser extensions send."""

AWS_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
}
"""Nothing of the developer's own set-up may leak in: a profile could point the clients at a real account."""


class LocalAws:
    """moto on a free loopback port. moto's state is one per process: several instances need different stages.

    `engine` is the address of another DynamoDB to use instead of moto's. Without `data_key` there is none, as in an
    account before `make data-key`. `clock` dates what is in the inbox.
    """

    def __init__(
        self, stage: str = "local", engine: str = "", data_key: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        self.stage = stage
        self._engine = engine
        self._has_data_key = data_key
        self._data_key: dict[str, Any] = {}
        self.prefix = f"chalice-mfa-{stage}"
        self.inbox = Inbox(clock)
        self._stack = read_stack(stage)
        self._server: HttpServer | None = None
        self._session = botocore.session.Session()  # one for all clients: each costs 0.1 s

    @property
    def endpoint(self) -> str:
        if self._server is None:
            raise RuntimeError("LocalAws is not started")
        return f"{LOOPBACK}:{self._server.port}"

    def start(self) -> "LocalAws":
        _forget_real_accounts()
        install()
        INBOXES.append(self.inbox)
        respond = without_pages(_beside(inbox_http.serve(self.inbox), moto()))
        self._server = HttpServer(respond, listen("127.0.0.1")).start()
        _create(self._stack, self.client)
        self._dynamodb = self.client("dynamodb")
        if self._has_data_key:
            self._data_key = _new_data_key(self.client("kms"), self.prefix)
        self._put_data_key()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None
            INBOXES.remove(self.inbox)

    def __enter__(self) -> "LocalAws":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The settings under which the app uses this AWS; the caller adds those of the project as it likes."""
        return {
            **AWS_SETTINGS,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_DYNAMODB": self._engine or self.endpoint,
            **self.settings(),
        }

    def settings(self) -> dict[str, str]:
        """Those of the app alone, which are known before anything is started."""
        return {
            "MFA_STAGE": "local",
            "MFA_TABLE_PREFIX": self.prefix,
            "MFA_KMS_KEY": f"alias/{self.prefix}",
            "MFA_MAIL_FROM": SENDER,
            "MFA_MAIL_CONFIGURATION_SET": self.prefix,
            "MFA_PROJECT": "demo",
            "MFA_PROJECT_NAME": "Demo",
            "MFA_KEY": "local-api-key",
            "MFA_ORIGINS": ",".join(("localhost", "*.localhost", *(f"{scheme}://*" for scheme in APP_SCHEMES))),
        }

    def client(self, service: str) -> Any:
        """A botocore client of this AWS, whatever the process's environment says."""
        return self._session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self._engine if self._engine and service == "dynamodb" else self.endpoint,
            aws_access_key_id=AWS_SETTINGS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=AWS_SETTINGS["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}, max_pool_connections=64),
        )

    def reset(self) -> None:
        """Empty the tables, but for the first data key, the queues and the inbox."""
        if self._engine:
            _delete_items(self.client("dynamodb"), self._stack.tables)
            self._put_data_key()
        else:
            self._clear_moto()
        for queue in sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues.values():
            queue._messages = []  # at every call moto looks through all that there ever were
        ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages.clear()
        sns = sns_backends[DEFAULT_ACCOUNT_ID][REGION]
        sns.sms_messages.clear()
        sns.sms_message_objects.clear()
        self.inbox.clear()

    def allow_passkeys(self) -> None:
        """Let the project have passkeys for pages on localhost, as a team switches them on for its own domain."""
        project = {"id": "project", "passkey_rp_id": "localhost"}
        item = {name: {"S": value} for name, value in project.items()}
        switches = {"methods": {"M": {"passkey": {"BOOL": True}}}, "factors": {"M": {}}}
        self._dynamodb.put_item(TableName=f"{self.prefix}-settings", Item={**item, **switches})

    def _put_data_key(self) -> None:
        if self._data_key:
            self._dynamodb.put_item(TableName=f"{self.prefix}-settings", Item=self._data_key)

    def _clear_moto(self) -> None:
        """In moto's memory, since a delete for each item would take longer than the tests."""
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        with DYNAMODB_LOCK:
            for definition in self._stack.tables:
                tables[definition["TableName"]].items.clear()
            if self._data_key:
                tables[f"{self.prefix}-settings"].put_item(self._data_key)


def _delete_items(dynamodb: Any, tables: list[dict[str, Any]]) -> None:
    for table in tables:
        names = [key["AttributeName"] for key in table["KeySchema"]]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table["TableName"], ConsistentRead=True):
            for item in page["Items"]:
                dynamodb.delete_item(TableName=table["TableName"], Key={name: item[name] for name in names})


def _forget_real_accounts() -> None:
    """A process with a `LocalAws` is never to talk to another: AWS_PROFILE and its like go from its environment. Where
    an instance of this process is stays.
    """
    for name in [name for name, value in os.environ.items() if name.startswith("AWS_") and LOOPBACK not in value]:
        del os.environ[name]
    os.environ.update(AWS_SETTINGS)


def _beside(inbox: Respond, moto: Respond) -> Respond:
    """The inbox is served next to moto, for the process that runs the app."""

    def respond(call: Call) -> Answer:
        sys.settrace(None)  # a coverage run would follow moto, which takes as long again, to leave it out of the report
        return inbox(call) if inbox_http.has(call.path) else moto(call)

    return respond


def _create(stack: Stack, client: Any) -> None:
    """What is there already, from another instance of the same stage in this process, stays."""
    dynamodb, kms = client("dynamodb"), client("kms")
    existing = dynamodb.list_tables()["TableNames"]
    for table in stack.tables:
        if table["TableName"] not in existing:
            dynamodb.create_table(**table)
    for table_name, attribute in stack.ttl.items():
        if table_name not in existing:
            ttl = {"AttributeName": attribute, "Enabled": True}
            dynamodb.update_time_to_live(TableName=table_name, TimeToLiveSpecification=ttl)
    aliases = {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    for alias in stack.aliases:
        if alias not in aliases:
            kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    sqs = client("sqs")
    for queue in stack.queues:
        sqs.create_queue(QueueName=queue)
    _verify_sender(client("sesv2"))


def _new_data_key(kms: Any, prefix: str) -> dict[str, Any]:
    """The item of a first data key, as the operator's command makes it."""
    context = {"purpose": "chalice-mfa", "tables": prefix}
    made = kms.generate_data_key(KeyId=f"alias/{prefix}", KeySpec="AES_256", EncryptionContext=context)
    return {"id": {"S": "data-key"}, "wrapped": {"B": made["CiphertextBlob"]}}


def _verify_sender(ses: Any) -> None:
    address = parseaddr(SENDER)[1]
    if address not in {each["IdentityName"] for each in ses.list_email_identities()["EmailIdentities"]}:
        ses.create_email_identity(EmailIdentity=address)
