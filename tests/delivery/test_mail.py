"""Mail by SES: one recipient whatever the names say, every refusal as our 503, that of the recipient as a 400."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Parsed
from email.utils import getaddresses
from typing import Any

import botocore.session
import pytest
from botocore import exceptions
from botocore.stub import ANY, Stubber

from chalicelib.delivery import mail
from chalicelib.delivery.message import Message
from chalicelib.errors import ApiError
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config

SETTINGS = Config(stage="test", project="demo", mail_from="Demo <no-reply@demo.test>")
MESSAGE = Message("Hello", "a text, \u00e4\n" + "https://a.test/?" + "x" * 2000, "<p>HTML \u00e4</p>")
PASSING = [
    ("TooManyRequestsException", 429),
    ("LimitExceededException", 400),
    ("ThrottlingException", 400),
    ("Throttling", 400),
    ("RequestTimeout", 408),
    ("InternalFailure", 500),
    ("ServiceUnavailable", 503),
    ("Whatever", 502),
]
FINAL = [
    ("MessageRejected", 400),
    ("MailFromDomainNotVerifiedException", 400),
    ("AccountSuspendedException", 400),
    ("SendingPausedException", 400),
    ("NotFoundException", 404),
    ("AccessDeniedException", 403),
    ("UnrecognizedClientException", 403),
    ("Whatever", 400),
]


class FakeSes:
    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self.error = error

    def send_email(self, **call: Any) -> None:
        self.calls.append(call)
        if self.error:
            raise self.error

    @property
    def sent(self) -> Parsed:
        return message_from_bytes(self.calls[0]["Content"]["Raw"]["Data"])


def send(
    ses: Any, name: str = "Ann", message: Message = MESSAGE, address: str = "ann@mail.test", **settings: str
) -> None:
    with ExitStack() as stack:
        stack.enter_context(container.override("sesv2", ses))
        stack.enter_context(container.override("config", replace(SETTINGS, **settings)))  # type: ignore[arg-type]
        mail.send(address, name, message)


def refusal(ses: Any, address: str = "ann@mail.test", **settings: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        send(ses, "Ann", MESSAGE, address, **settings)
    return caught.value


def shown(header: Any) -> str:
    return str(make_header(decode_header(str(header))))


@pytest.fixture(scope="module")
def real() -> Any:
    """A client of the real kind, which checks the call against SES's model."""
    session = botocore.session.get_session()
    session.set_credentials("key", "secret")
    return session.create_client("sesv2", region_name="eu-central-1")


@pytest.fixture
def stub(real: Any) -> Iterator[Stubber]:
    with Stubber(real) as stubber:
        yield stubber


def test_the_call_is_one_that_ses_knows(real: Any, stub: Stubber) -> None:
    expected = {
        "FromEmailAddress": "Demo <no-reply@demo.test>",
        "Destination": {"ToAddresses": ["ann@mail.test"]},
        "Content": {"Raw": {"Data": ANY}},
        "ConfigurationSetName": "transactional",
    }
    stub.add_response("send_email", {"MessageId": "1"}, expected)

    send(real, mail_configuration_set="transactional")

    stub.assert_no_pending_responses()


def test_the_mail_arrives_as_it_was_meant() -> None:
    ses = FakeSes()

    send(ses)

    sent = ses.sent
    assert "ConfigurationSetName" not in ses.calls[0]
    assert sent.get_content_type() == "multipart/alternative"
    assert sent["From"] == "Demo <no-reply@demo.test>"
    assert sent["To"] == "Ann <ann@mail.test>"
    assert sent["Subject"] == "Hello"
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in sent.get_payload()}  # type: ignore[union-attr]
    assert parts == {"text/plain": MESSAGE.text.encode(), "text/html": MESSAGE.html.encode()}


def test_the_wire_is_seven_bit_crlf_and_short_lines() -> None:
    ses = FakeSes()

    send(
        ses,
        name="\u00e4" * 128,
        message=MESSAGE._replace(subject="\u00fc" * 150),
        mail_from='"D\u00eb, mo" <no-reply@demo.test>',
    )

    raw: bytes = ses.calls[0]["Content"]["Raw"]["Data"]
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 90
    assert shown(ses.sent["Subject"]) == "\u00fc" * 150
    assert ses.calls[0]["FromEmailAddress"].isascii()
    assert "\n" not in ses.calls[0]["FromEmailAddress"]
    assert shown(ses.calls[0]["FromEmailAddress"]) == shown(ses.sent["From"]).replace("\n", "")


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "O'Neill-Lee",
        '"q" \\ back',
        "a, evil@x.test",
        "x" * 60 + ", evil@x.test, b@c.test <d@e.test>",
        "\u00fc" * 50 + ", evil@x.test <d@e.test>, " + "z" * 40,
        "\U0001f600" * 128,
        "{code} <script>",
        "=?utf-8?q?evil=40x=2Etest=2C?= hi",
        "=?utf-8?q?=0D=0ABcc=3A_evil=40x=2Etest?=",
        "a;b:c@d",
        "((((comment)",
        "word " * 24 + "word",
        "\u5f20\u4f1f \u674e",
    ],
)
def test_a_name_shows_as_it_is_and_adds_no_recipient(name: str) -> None:
    ses = FakeSes()

    send(ses, name=name, message=MESSAGE._replace(subject=name))

    [(display, address)] = getaddresses([str(ses.sent["To"])])
    assert (shown(display), address) == (name, "ann@mail.test")
    assert shown(ses.sent["Subject"]) == name
    assert ses.calls[0]["Destination"] == {"ToAddresses": ["ann@mail.test"]}


@pytest.mark.parametrize(
    "name",
    [
        "\r\nBcc: x@y.test",
        "Ann\nBcc: x@y.test\n\nbody",
        "\x00\x85\u2028Ann",
        "\ud800",
        "",
        " ",
        "Ann\r",
        "N" * 5000,
    ],
)
def test_a_name_adds_no_header_and_no_line(name: str) -> None:
    usual, ses = FakeSes(), FakeSes()
    send(usual)

    send(ses, name=name, message=MESSAGE._replace(subject="Hi " + name))

    assert ses.sent.keys() == usual.sent.keys()
    assert [address for _, address in getaddresses([str(ses.sent["To"])])] == ["ann@mail.test"]
    assert len(shown(ses.sent["To"])) < 200


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@mail.test, eve@x.test",
        "ann@mail.test\r\nBcc: eve@x.test",
        "ann@mail.test\n",
        "Eve <eve@x.test>",
        "ann@m\u00e4il.test",
        "\u00e4nn@mail.test",
        '"ann eve"@mail.test',
        "ann(x)@mail.test",
        "ann@mail.test>",
        "a@b@c.test",
        "1@1.1",
        " ann@mail.test",
        "Ann@mail.test",
    ],
)
def test_what_is_not_one_address_gets_no_mail(address: str) -> None:
    ses = FakeSes()

    error = refusal(ses, address=address)

    assert (error.type, error.status, error.retry_after) == ("general_argument_invalid", 400, None)
    assert ses.calls == []
    assert "eve" not in error.message


@pytest.mark.parametrize(
    "sender",
    [
        *("Demo, Inc. <no-reply@demo.test>", "Demo", "<>"),
        *("Demo <no-reply@demo..test>", "no-reply@-demo.test", ".no-reply@demo.test", "no-reply@demo_x.test", "a@1.1"),
    ],
)
def test_a_broken_sender_is_a_setting_to_check(sender: str) -> None:
    """SES refuses it with the code and the words that it has for a broken recipient, whom it must not be taken for."""
    ses = FakeSes()

    error = refusal(ses, mail_from=sender)

    assert (error.type, error.retry_after, ses.calls) == ("general_smtp_disabled", None, [])
    assert "settings" in error.message


def test_without_a_sender_there_is_no_mail() -> None:
    ses = FakeSes()

    error = refusal(ses, mail_from="")

    assert (error.type, error.status, error.retry_after) == ("general_smtp_disabled", 503, None)
    assert ses.calls == []


@pytest.mark.parametrize(("code", "status"), PASSING)
def test_a_passing_failure_says_try_again(real: Any, stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("send_email", code, "private words about ann@mail.test", status)

    error = refusal(real)

    assert (error.type, error.status, error.retry_after) == ("general_smtp_disabled", 503, 5)
    assert error.message == "The mail could not be sent. Try again in a moment."


@pytest.mark.parametrize(("code", "status"), FINAL)
def test_a_refusal_says_that_trying_again_will_not_help(real: Any, stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("send_email", code, "private words about ann@mail.test", status)

    error = refusal(real)

    assert (error.type, error.status, error.retry_after) == ("general_smtp_disabled", 503, None)
    assert "will not help" in error.message
    assert "settings of this deployment" in error.message
    assert "ann@" not in error.message


def test_an_address_that_ses_takes_for_none_is_the_recipients_fault(
    real: Any, stub: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    stub.add_client_error("send_email", "BadRequestException", "Illegal address ann@mail.test", 400)

    with caplog.at_level(logging.INFO, "chalicelib.delivery"):
        error = refusal(real)

    assert (error.type, error.status, error.retry_after) == ("general_argument_invalid", 400, None)
    assert "ann@" not in error.message
    ours = [record.getMessage() for record in caplog.records if record.name == "chalicelib.delivery"]
    assert ours == ["mail not sent: BadRequestException"]


@pytest.mark.parametrize(
    ("cause", "retry_after"),
    [
        (exceptions.ConnectTimeoutError(endpoint_url="https://x"), 5),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), 5),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), 5),
        (exceptions.ConnectionClosedError(endpoint_url="https://x"), 5),
        (exceptions.HTTPClientError(error="x"), 5),
        (exceptions.NoCredentialsError(), None),
        (exceptions.NoRegionError(), None),
        (exceptions.ParamValidationError(report="ann@mail.test"), None),
    ],
)
def test_what_botocore_itself_raises_is_told_apart(cause: Exception, retry_after: int | None) -> None:
    error = refusal(FakeSes(cause))

    assert (error.type, error.retry_after) == ("general_smtp_disabled", retry_after)
    assert error.__suppress_context__, "the cause may name the address; a traceback must not show it"


def test_the_log_has_the_code_and_nothing_else(real: Any, stub: Stubber, caplog: pytest.LogCaptureFixture) -> None:
    stub.add_client_error("send_email", "MessageRejected", "private words about ann@mail.test", 400)

    with caplog.at_level(logging.INFO, "chalicelib.delivery"):
        refusal(real)

    ours = [record.getMessage() for record in caplog.records if record.name == "chalicelib.delivery"]
    assert ours == ["mail not sent: MessageRejected"]


def test_a_defect_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError):
        send(FakeSes(ZeroDivisionError()))
