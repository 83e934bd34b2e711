"""The circuit breaker's exact bounds, and that a refused SMS counts nowhere. From outside: test_sms_budget.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.delivery import sms_budget
from chalicelib.delivery.sms_budget import FOR_ANYBODY, Purpose
from chalicelib.errors import ApiError
from chalicelib.runtime import aws, clock, container, settings
from chalicelib.storage.limits import Counter, window_end
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import NUMBER
from tests.support.tables import Tables, kept_as

HOUR, DAY = 3600, 86_400
SAMPLE, PERCENT = 50, 30
"""The defaults of MFA_SMS_BREAKER_SAMPLE and MFA_SMS_BREAKER_PERCENT."""

pytestmark = pytest.mark.usefixtures("api")


def second() -> int:
    return clock.now() // 1000


def set_counter(tables: Tables, bucket: str, used: int, hours_ago: int = 0, window: int = HOUR) -> None:
    tables.put({Counter(bucket, window_end(second(), window) - hours_ago * HOUR, 0).key: {"used": used}})


def used(tables: Tables) -> dict[str, int]:
    return {item["id"].rpartition("|")[0]: item["used"] for item in tables.items("limits") if item["used"]}


def spend(country: str = "DE", purpose: Purpose = Purpose.VERIFICATION, user_id: str = "ann") -> None:
    sms_budget.spend(purpose, user_id, NUMBER, country)


def refusal(act: Callable[[], None] = spend) -> ApiError:
    with pytest.raises(ApiError) as caught:
        act()
    return caught.value


@pytest.mark.parametrize(
    ("sent", "verified", "hours"),
    [
        ((SAMPLE - 1, 0), (0, 0), 0),
        ((SAMPLE, 0), (0, 0), 2),
        ((SAMPLE - 1, 1), (0, 0), 1),
        ((0, SAMPLE), (0, 0), 1),
        ((0, SAMPLE - 1), (0, 0), 0),
        ((SAMPLE, 0), (15, 0), 0),
        ((SAMPLE, 0), (14, 0), 2),
        ((30, 20), (8, 7), 0),
        ((30, 20), (8, 6), 1),
        ((200, 0), (60, 0), 0),
        ((200, 0), (59, 0), 2),
    ],
)
def test_country_is_paused_until_the_hours_are_over_in_which_too_few_codes_came_back(
    tables: Tables, sent: tuple[int, int], verified: tuple[int, int], hours: int
) -> None:
    """Counts of this hour and the one before; `hours` is when the pause ends, 0 for none."""
    for kind, counts in (("sent", sent), ("verified", verified)):
        for hours_ago, count in enumerate(counts):
            set_counter(tables, f"sms|{kind}|DE", count, hours_ago)

    if not hours:
        spend()
        return
    end = window_end(second(), HOUR) + (hours - 1) * HOUR
    error, now = refusal(), second()

    assert (error.status, error.type, error.retry_after) == (503, "general_phone_disabled", end - now)
    assert error.message == "SMS to this country are paused."


def test_hours_before_the_last_do_not_matter(tables: Tables) -> None:
    set_counter(tables, "sms|sent|DE", 500, hours_ago=2)

    spend()


@pytest.mark.parametrize(("country", "name"), [("DE", "DE"), ("", "--")])
def test_paused_country_is_reported_and_pauses_no_other(
    tables: Tables, caplog: pytest.LogCaptureFixture, country: str, name: str
) -> None:
    set_counter(tables, f"sms|sent|{name}", SAMPLE)
    before = used(tables)

    refusal(lambda: spend(country))
    assert used(tables) == before
    spend("FR")

    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        f"sms: paused for the country {name}"
    ]


OF_ANN = "sms|verification|user:ann"
OF_NUMBER = f"sms|verification|number:{NUMBER}"
OF_THE_DAY = f"sms|verification-a-day|number:{NUMBER}"


@pytest.mark.parametrize("bucket", [OF_ANN, OF_NUMBER, "sms|all"])
def test_refused_sms_is_counted_nowhere(tables: Tables, caplog: pytest.LogCaptureFixture, bucket: str) -> None:
    window = DAY if bucket == "sms|all" else HOUR
    most = 800 if bucket == "sms|all" else 5
    set_counter(tables, bucket, most - 1, window=window)
    spend()
    before = used(tables)

    error, now = refusal(), second()

    wait = window_end(now, window) - now
    assert (error.status, error.type, error.retry_after) == (429, "general_rate_limit_exceeded", wait)
    counted = {OF_ANN: 1, OF_NUMBER: 1, OF_THE_DAY: 1, "sms|sent|DE": 1, "sms|all": 1, bucket: most}
    assert used(tables) == before == {kept_as(each): count for each, count in counted.items()}
    assert ("the ceiling of the day" in caplog.text) is (bucket == "sms|all")


@pytest.mark.parametrize("purpose", Purpose)
def test_each_purpose_has_budgets_of_its_own(purpose: Purpose) -> None:
    def spend_five(purpose: Purpose) -> None:
        for _ in range(5):
            spend(purpose=purpose)
        assert refusal(lambda: spend(purpose=purpose)).status == 429

    for other in set(Purpose) - {purpose}:
        spend_five(other)

    spend_five(purpose)


@pytest.mark.parametrize("purpose", Purpose)
def test_sign_ins_are_counted_by_number_the_others_by_user_too(tables: Tables, purpose: Purpose) -> None:
    """Else the budget would tell whether a number has an account. Notices are no codes that could come back."""
    spend(purpose=purpose)

    assert used(tables) == {
        kept_as(f"sms|{purpose.value}|number:{NUMBER}"): 1,
        "sms|all": 1,
        **({} if purpose is Purpose.SIGN_IN else {kept_as(f"sms|{purpose.value}|user:ann"): 1}),
        **({} if purpose is Purpose.NOTICE else {"sms|sent|DE": 1}),
        **({kept_as(OF_THE_DAY): 1} if purpose is Purpose.VERIFICATION else {}),
    }


@pytest.mark.parametrize("purpose", Purpose)
def test_last_fifth_of_the_day_is_for_what_goes_to_proven_numbers(tables: Tables, purpose: Purpose) -> None:
    ceiling = 800 if purpose in (Purpose.SIGN_IN, Purpose.VERIFICATION) else 1000
    set_counter(tables, "sms|all", ceiling - 1, window=DAY)

    spend(purpose=purpose)

    assert refusal(lambda: spend(purpose=purpose)).status == 429
    assert used(tables)["sms|all"] == ceiling


@pytest.mark.parametrize("purpose", Purpose)
def test_paused_country_still_gets_what_goes_to_proven_numbers(tables: Tables, purpose: Purpose) -> None:
    set_counter(tables, "sms|sent|DE", SAMPLE)

    if purpose in FOR_ANYBODY:
        assert refusal(lambda: spend(purpose=purpose)).status == 503
    else:
        spend(purpose=purpose)


@pytest.mark.parametrize("operation", ["batch_get_item", "update_item"])
def test_without_the_counts_nothing_is_sent_and_nothing_counted(tables: Tables, operation: str) -> None:
    faulty = Faulty(refusal_of_aws("InternalServerError"), operation, real=aws.client("dynamodb"))
    with container.override("dynamodb", faulty):
        error = refusal()

    assert (error.status, error.retry_after) == (503, 1)
    assert sum(used(tables).values()) == 0


def test_code_that_came_back_is_counted_for_its_country_or_not_at_all(tables: Tables) -> None:
    sms_budget.note_verified("DE")
    sms_budget.note_verified("")
    with container.override("dynamodb", Faulty(refusal_of_aws("InternalServerError"))):
        sms_budget.note_verified("DE")
    with container.override("config", replace(settings.config(), rate_limits=False)):
        sms_budget.note_verified("DE")

    assert used(tables) == {"sms|verified|DE": 1, "sms|verified|--": 1}


@pytest.mark.parametrize(
    ("served", "country", "expected"),
    [((), "DE", True), ((), "", True), (("de", "at"), "AT", True), (("de",), "AT", False), (("de",), "", False)],
)
def test_where_a_list_is_set_no_other_country_is_served(served: tuple[str, ...], country: str, expected: bool) -> None:
    with container.override("config", replace(settings.config(), sms_countries=served)):
        assert sms_budget.is_served(country) is expected
        if not expected:
            assert refusal(lambda: spend(country)).retry_after is None
