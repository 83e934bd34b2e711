"""What SES and SNS refuse, as our errors.

The caller learns whether trying again can help, and nothing that the service said. What is wrong with the recipient is
a 400: for good, and nobody else's affair, so no alarm counts it. What is wrong with the service or the settings is a
503, which the operator hears of.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from chalicelib.errors import ApiError, fail
from chalicelib.runtime import metrics

RETRY_AFTER = 5  # seconds; botocore has already tried again by itself

_logger = logging.getLogger("chalicelib.delivery")
# Conditions that pass although their status is 4xx. LimitExceeded: SES's sending quota is a rolling window.
_SES_PASSING = {"TooManyRequestsException", "LimitExceededException"}
_SNS_PASSING = {"Throttled", "KMSThrottling"}
_ANY_PASSING = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestTimeout",
}
_PASSING = frozenset(_SES_PASSING | _SNS_PASSING | _ANY_PASSING)


class Channel(NamedTuple):
    name: str  # as people call it
    error: str  # the type of everything that goes wrong on it
    metric: str  # as metrics call it


MAIL = Channel("mail", "general_smtp_disabled", "email")
SMS = Channel("text message", "general_phone_disabled", "sms")


@contextmanager
def mapped(channel: Channel, is_recipients: Callable[[str, str], bool]) -> Iterator[None]:
    """Turns what the AWS call inside raises into the channel's 503, or the 400 of `bad_recipient`.

    `is_recipients` says of a code and its text whether the recipient is what was refused. The log gets the code,
    nothing else.
    """
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as error:
        code, passing = _read(error.response)
        if not passing and is_recipients(code, str(error.response.get("Error", {}).get("Message", ""))):
            raise bad_recipient(channel, code) from None
        raise _failure(channel, code, passing) from None
    except exceptions.BotoCoreError as error:
        passing = isinstance(error, (exceptions.ConnectionError, exceptions.HTTPClientError))
        raise _failure(channel, type(error).__name__, passing) from None


def refused(channel: Channel, code: str) -> ApiError:
    """A failure that trying again cannot mend."""
    return _failure(channel, code, passing=False)


def bad_recipient(channel: Channel, code: str) -> ApiError:
    """400 `general_argument_invalid`: to this recipient nothing can be sent, now or later, by any settings."""
    _log(channel, code)
    return fail("general_argument_invalid", f"The {channel.name} was refused: its recipient is not valid.")


def _read(response: Mapping[str, Any]) -> tuple[str, bool]:
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return code, code in _PASSING or status == 429 or status >= 500


def _failure(channel: Channel, code: str, passing: bool) -> ApiError:
    _log(channel, code)
    metrics.count("SendFailures", Channel=channel.metric)
    if passing:
        text = f"The {channel.name} could not be sent. Try again in a moment."
        return fail(channel.error, message=text, retry_after=RETRY_AFTER)
    text = f"The {channel.name} was refused and trying again will not help:"
    return fail(channel.error, message=f"{text} check the {channel.name} settings of this deployment.")


def _log(channel: Channel, code: str) -> None:
    _logger.warning("%s not sent: %s", channel.name, code)
