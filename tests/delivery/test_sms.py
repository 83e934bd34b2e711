"""SMS by SNS: the call, and every refusal as our 503, that of a number that nobody has as a 400."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from chalicelib.delivery import sms
from chalicelib.delivery.sms_budget import Purpose
from chalicelib.errors import ApiError
from chalicelib.runtime import container
from chalicelib.runtime.settings import Config

SETTINGS = Config(stage="test", project="demo", sms=True, rate_limits=False)
NUMBER = "+15555550100"
TEXT = "042917 is your code."
TRANSACTIONAL = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
PASSING = [
    ("Throttled", 429),
    ("Throttled", 400),
    ("KMSThrottling", 400),
    ("Throttling", 400),
    ("ThrottledException", 400),
    ("RequestThrottled", 400),
    ("InternalError", 500),
    ("ServiceUnavailable", 503),
]
FINAL = [
    ("OptedOut", 400),
    ("InvalidParameter", 400),
    ("ParameterValueInvalid", 400),
    ("AuthorizationError", 403),
    ("NotFound", 404),
    ("EndpointDisabled", 400),
    ("PlatformApplicationDisabled", 400),
    ("KMSDisabled", 400),
    ("KMSInvalidState", 400),
    ("KMSNotFound", 400),
    ("KMSOptInRequired", 403),
    ("KMSAccessDenied", 400),
    ("InvalidSecurity", 403),
    ("ValidationException", 400),
    ("UserError", 400),
]


@pytest.fixture(scope="module")
def real() -> Any:
    """A client of the real kind, which checks the call against SNS's model."""
    session = botocore.session.get_session()
    session.set_credentials("key", "secret")
    return session.create_client("sns", region_name="eu-central-1")


@pytest.fixture
def stub(real: Any) -> Iterator[Stubber]:
    with Stubber(real) as stubber:
        yield stubber


def send(sns: Any, settings: Config = SETTINGS, number: str = NUMBER) -> None:
    with ExitStack() as stack:
        stack.enter_context(container.override("sns", sns))
        stack.enter_context(container.override("config", settings))
        sms.send(Purpose.CHALLENGE, "ada", number, "US", TEXT)


def refusal(sns: Any, settings: Config = SETTINGS, number: str = NUMBER) -> ApiError:
    with pytest.raises(ApiError) as caught:
        send(sns, settings, number)
    return caught.value


def test_an_sms_is_transactional(real: Any, stub: Stubber) -> None:
    call = {"PhoneNumber": NUMBER, "Message": TEXT, "MessageAttributes": TRANSACTIONAL}
    stub.add_response("publish", {"MessageId": "1"}, call)

    send(real)

    stub.assert_no_pending_responses()


def test_a_sender_id_is_sent_when_set(real: Any, stub: Stubber) -> None:
    attributes = {**TRANSACTIONAL, "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "DEMO"}}
    call = {"PhoneNumber": NUMBER, "Message": TEXT, "MessageAttributes": attributes}
    stub.add_response("publish", {"MessageId": "1"}, call)

    send(real, replace(SETTINGS, sms_sender_id="DEMO"))

    stub.assert_no_pending_responses()


def test_where_sms_is_off_nothing_is_sent() -> None:
    error = refusal(None, replace(SETTINGS, sms=False))

    assert (error.type, error.status, error.retry_after) == ("general_phone_disabled", 503, None)


@pytest.mark.parametrize(("code", "status"), PASSING)
def test_a_passing_failure_says_try_again(real: Any, stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("publish", code, f"private words about {NUMBER}", status)

    error = refusal(real)

    assert (error.type, error.status, error.retry_after) == ("general_phone_disabled", 503, 5)
    assert error.message == "The text message could not be sent. Try again in a moment."


@pytest.mark.parametrize(("code", "status"), FINAL)
def test_a_refusal_says_that_trying_again_will_not_help(real: Any, stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("publish", code, f"private words about {NUMBER}", status)

    error = refusal(real)

    assert (error.type, error.status, error.retry_after) == ("general_phone_disabled", 503, None)
    assert "will not help" in error.message
    assert NUMBER not in error.message


UNFIT = "Invalid parameter: PhoneNumber Reason: {} is not valid to publish to"


def test_a_number_that_nobody_has_is_the_recipients_fault(real: Any, stub: Stubber) -> None:
    stub.add_client_error("publish", "InvalidParameter", UNFIT.format(NUMBER), 400)

    error = refusal(real)

    assert (error.type, error.status, error.retry_after) == ("general_argument_invalid", 400, None)
    assert NUMBER not in error.message


def test_a_number_that_exists_is_refused_for_the_settings(real: Any, stub: Stubber) -> None:
    """From a region without SMS, SNS says so of all numbers."""
    stub.add_client_error("publish", "InvalidParameter", UNFIT.format("+447400123456"), 400)

    error = refusal(real, number="+447400123456")

    assert (error.type, error.status, error.retry_after) == ("general_phone_disabled", 503, None)


def test_number_of_before_goes_out_in_its_one_form(real: Any, stub: Stubber) -> None:
    call = {"PhoneNumber": "+447400123456", "Message": TEXT, "MessageAttributes": TRANSACTIONAL}
    stub.add_response("publish", {"MessageId": "1"}, call)

    send(real, number="+4407400123456")

    stub.assert_no_pending_responses()


def test_the_log_has_the_code_and_nothing_else(real: Any, stub: Stubber, caplog: pytest.LogCaptureFixture) -> None:
    stub.add_client_error("publish", "OptedOut", f"private words about {NUMBER}", 400)

    with caplog.at_level(logging.INFO, "chalicelib.delivery"):
        refusal(real)

    ours = [record.getMessage() for record in caplog.records if record.name == "chalicelib.delivery"]
    assert ours == ["text message not sent: OptedOut"]
