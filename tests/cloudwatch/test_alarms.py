"""Every alarm on data: it begins where it should, and stays quiet where it should."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from stacks.recorder import Recording
from tests.cloudwatch.alarm import all_on_at, on_at
from tests.cloudwatch.days import (
    BLOCKED,
    CLAIMED,
    COUNT,
    DAY,
    ERRORS,
    FAILED,
    LATENCY,
    MINUTE,
    NIGHT,
    NOON,
    OWN,
    REFUSED,
    RUNNING,
    THROTTLED,
    TODAY,
    UNCHECKED,
    Days,
    busy,
    minutes,
    refusal,
    turned_away,
)
from tests.cloudwatch.samples import Key, Samples, key
from tests.components.test_monitoring import FUNCTION, PARTS, default, monitoring_of, several

Times = dict[str, list[int]]


def on(samples: Samples, recording: Recording | None = None) -> Times:
    """When each alarm is on today, by its name; only those that are at all. Parts of another one are left out."""
    recording = recording or default()
    times = range(TODAY, TODAY + DAY, MINUTE)
    metric = {each.outputs["name"]: on_at(each.inputs, samples, times) for each in recording.all("MetricAlarm")}
    named = {each.outputs["name"]: each.name for each in recording.all("MetricAlarm")}
    found = {named[name]: ends for name, ends in metric.items() if named[name] not in PARTS}
    for both in recording.all("CompositeAlarm"):
        found[both.name] = all_on_at(both.inputs["alarmRule"], metric)
    return {name.removeprefix("monitoring-"): ends for name, ends in found.items() if ends}


@cache
def quiet() -> frozenset[str]:
    return frozenset(on(Days().samples))


def server_errors() -> Days:
    """From noon on 3 % of the requests fail, for a quarter of an hour."""
    return Days().each_minute(ERRORS, NOON, 15, 0.03 * 900)


def slow() -> Days:
    """From noon on every tenth request takes four seconds."""
    days = Days()
    for second in minutes(NOON, 20):
        days.add(LATENCY, second, 4_000)
    return days


def timeouts() -> Days:
    return Days().each_minute(FAILED, NOON, 5)


def throttled() -> Days:
    return Days().each_minute(THROTTLED, NOON, 3, 4)


def no_concurrency_left() -> Days:
    """Other functions take it: the number of this one says nothing."""
    return Days().each_minute(CLAIMED, NOON, 5, 850)


def keys_gone() -> Days:
    return Days().each_minute(refusal("keys_unavailable"), NOON, 2, 40)


def revocations_gone() -> Days:
    return Days().each_minute(UNCHECKED, NOON, 2, 40)


def guessing() -> Days:
    """An address goes on trying passwords beyond its limit: twenty a minute, for a quarter of an hour."""
    return Days().each_minute(BLOCKED, NOON, 15, 20)


def attack_at_noon() -> Days:
    return Days().each_minute(REFUSED, NOON, 15, 60)


def attack_at_night() -> Days:
    """Not more than at noon on some days, and twenty times what is usual at three."""
    return Days().each_minute(REFUSED, NIGHT, 15, 15)


def authorizer_lost() -> Days:
    """One request, at night."""
    return Days().add(refusal("authorizer_missing"), NIGHT)


def cognito_throttles(kind: str) -> Callable[[], Days]:
    return lambda: Days().add(turned_away(kind), NOON, 6)


FIRES: list[tuple[str, Callable[[], Days], int, int]] = [
    # alarm, data, begins at the latest and ends at the latest, in minutes after the trouble begins
    ("server-errors", server_errors, 10, 30),
    ("slow-answers", slow, 15, 30),
    ("function-errors", timeouts, 5, 10),
    ("function-throttles", throttled, 5, 10),
    ("concurrency-near-limit", no_concurrency_left, 3, 10),
    ("keys-unavailable", keys_gone, 5, 10),
    ("revocation-unavailable", revocations_gone, 5, 10),
    ("sign-in-blocked", guessing, 15, 25),
    ("refusals-surge", attack_at_noon, 10, 25),
    ("refusals-surge", attack_at_night, 10, 25),
    ("authorizer-missing", authorizer_lost, 1, 3),
    ("sign-in-throttled", cognito_throttles("SignIn"), 5, 10),
    ("sign-in-throttled", cognito_throttles("TokenRefresh"), 5, 10),
    ("sign-in-throttled", cognito_throttles("SignUp"), 5, 10),
]


@pytest.mark.parametrize(
    ("name", "trouble", "begins", "ends"), FIRES, ids=[f"{name}-{n}" for n, (name, *_) in enumerate(FIRES)]
)
def test_alarm_begins_and_ends_with_its_trouble(name: str, trouble: Callable[[], Days], begins: int, ends: int) -> None:
    """And no other alarm does: whoever is woken by two looks in the wrong place first."""
    found = on(trouble().samples)
    start = NIGHT if trouble in {attack_at_night, authorizer_lost} else NOON

    assert set(found) == {name}
    assert start < found[name][0] <= start + begins * MINUTE
    assert found[name][-1] <= start + ends * MINUTE


def test_every_alarm_has_its_trouble() -> None:
    """An alarm that was never seen to begin is a guess."""
    telling = {each.name for kind in ("MetricAlarm", "CompositeAlarm") for each in default().all(kind)} - PARTS

    assert {f"monitoring-{name}" for name, *_ in FIRES} == telling


class TestQuiet:
    def test_ordinary_day(self) -> None:
        """With a stray 5xx and a timeout at night, cold starts all day, and refusals that come and go."""
        assert quiet() == set()

    def test_no_traffic_at_all(self) -> None:
        """Before the first user, most metrics do not exist."""
        assert on(Samples()) == {}

    def test_nobody_there_for_two_hours(self) -> None:
        """A gap in the data is no trouble, and the first requests after it none either."""
        assert on(Days(growth=0, silent=lambda second: NOON <= second < NOON + 2 * 3600).samples) == {}

    def test_deployment(self) -> None:
        """Five minutes of cold starts, some more concurrency, and the four calls that the change cost."""
        days = Days().add(ERRORS, NOON, 4).add(FAILED, NOON, 2)
        for second in minutes(NOON, 5):
            for _ in range(6):
                days.add(LATENCY, second, 2_500)
            days.add(RUNNING, second, 400).add(CLAIMED, second, 400)

        assert on(days.samples) == {}

    def test_refusals_that_grow_with_the_users(self) -> None:
        """A tenth more each day is a baseline that moves, not an attack."""
        assert on(Days(growth=0.1).samples) == {}

    def test_few_refusals_at_night_are_unusual_and_no_alarm(self) -> None:
        """Ten, where one is usual: the band alone would wake somebody."""
        days = Days().each_minute(REFUSED, NIGHT, 10, 2)
        unusual = default().one("MetricAlarm", "monitoring-refusals-unusual").inputs

        assert on_at(unusual, days.samples, range(TODAY, TODAY + DAY, MINUTE))
        assert on(days.samples) == {}

    def test_scanners_that_are_blocked_wake_nobody(self) -> None:
        """Every address on the internet is tried now and then."""
        days = Days()
        for second in minutes(TODAY, 24 * 60):
            days.add(BLOCKED, second, 3)

        assert on(days.samples) == {}

    def test_first_day_has_no_baseline(self) -> None:
        """Without a day of data nothing is unusual yet; the other alarms do not wait."""
        samples = Samples()
        for second in minutes(NOON, 30):
            samples.add(REFUSED, second, 100)

        assert on(samples) == {}


class TestSlowRamps:
    def test_latency_that_rises_all_day(self) -> None:
        """The alarm begins when the threshold is passed, and not before."""
        days = Days()
        for second in minutes(TODAY + 6 * 3600, 12 * 60):
            for _ in range(5):
                days.add(LATENCY, second, 100 + (second - TODAY - 6 * 3600) / 15)  # 1,500 ms after 5 h 50 min
        (begins, *_) = on(days.samples)["slow-answers"]

        passes = TODAY + 6 * 3600 + 15 * 1_400
        assert passes <= begins <= passes + 20 * MINUTE

    def test_errors_that_rise_with_the_traffic_only(self) -> None:
        """Twice the traffic with twice the errors is the same share."""
        days = Days()
        for second in minutes(NOON, 60):
            days.add(COUNT, second, 5_000 * busy(second)).add(ERRORS, second, 5)

        assert on(days.samples) == {}


def test_reserve_is_the_limit_where_there_is_one() -> None:
    """Then the account's concurrency says nothing, and the function's own does."""
    recording = monitoring_of(functions={"api": {**FUNCTION, "reserved_concurrency": 300}})
    days = Days().each_minute(OWN, NOON, 5, 260)

    assert set(on(days.samples, recording)) == {"reserve-near-limit"}
    assert on(Days().each_minute(CLAIMED, NOON, 5, 990).samples, recording) == {}


@pytest.mark.parametrize(("name", "suffix"), [("reports", "reports"), ("checks", "pre-sign-up")])
def test_trouble_of_another_function_is_its_own_alarm(name: str, suffix: str) -> None:
    """Whoever is called at night must not look for it in the wrong function."""
    errors, throttles = (key("AWS/Lambda", metric, {"FunctionName": name}) for metric in ("Errors", "Throttles"))
    days = Days().each_minute(errors, NOON, 5).each_minute(throttles, NOON, 3, 4)

    assert set(on(days.samples, several())) == {f"function-errors-{suffix}", f"function-throttles-{suffix}"}


def test_several_functions_are_quiet_on_an_ordinary_day() -> None:
    """More alarms are not more noise."""
    assert on(Days().samples, several()) == {}


@pytest.mark.parametrize(
    "throttled",
    [
        turned_away("SignIn", UserPoolClient="shop-client"),
        turned_away("Federation", IdentityProvider="Google"),
        turned_away("Federation", UserPoolClient="shop-client", IdentityProvider="Partner"),
    ],
    ids=str,
)
def test_every_client_and_provider_is_watched(throttled: Key) -> None:
    """Users who cannot sign in to the second front end are as locked out as those of the first."""
    (name,) = on(Days().add(throttled, NOON, 6).samples, several())
    assert name.startswith("sign-in-throttled")
