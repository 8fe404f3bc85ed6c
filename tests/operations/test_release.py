"""Releases on the emulator, with real aliases, versions and alarms; only the waiting is simulated."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local.emulator import Emulator
from local.provider import client
from operations import __main__ as command
from operations.alias import Alarms, Alias, Traffic, _event
from operations.needs import needs_of
from operations.shift import Released, Step, rollback, shift
from settings.pool_record import Needs
from stacks.command_line import CommandError

REGION = "us-east-1"
STEPS = (Step(0.1, 1), Step(0.5, 2))


def interrupt(_: float) -> None:
    raise KeyboardInterrupt


def released(*aliases: Alias, route_key: str | None = "GET /open") -> list[Released]:
    """Return these aliases as functions of a stack, `api` first; they answer every event alike."""
    return [
        Released(name=name, alias=alias, route_key=route_key)
        for name, alias in zip(("api", "reports"), aliases, strict=False)
    ]


def move(*aliases: Alias, alarms: Alarms, steps: Sequence[Step] = STEPS, **options: Any) -> None:
    shift(released(*aliases), alarms, steps, **{"wait": lambda _: None, **options})


def back(*aliases: Alias, **options: Any) -> None:
    rollback(released(*aliases), **options)


def package(status: int) -> bytes:
    """Return the package of a function that answers every event with this status; with 0 it fails."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(
            "app.py", f"def answer(event, context):\n    return {{'statusCode': {status} // ({status} > 0)}}\n"
        )
    return body.getvalue()


class Account:
    """An emulator in which tests create functions, versions and alarms."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.functions, self.watch = client(endpoint, REGION, "lambda"), client(endpoint, REGION, "cloudwatch")
        self._made = 0

    def function(self, *statuses: int) -> str:
        """Create a function with a published version for each status; its alias `live` points to the first."""
        self._made += 1
        name = f"function-{self._made}"
        self.functions.create_function(
            FunctionName=name,
            Role="arn:aws:iam::000000000000:role/any",
            Handler="app.answer",
            Runtime="python3.13",
            Code={"ZipFile": package(statuses[0])},
            Publish=True,
        )
        for status in statuses[1:]:
            self.functions.update_function_code(FunctionName=name, ZipFile=package(status), Publish=True)
        self.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        return name

    def alias(self, function: str) -> Alias:
        return Alias(self.functions, function, "live")

    def publish(self, alias: Alias) -> None:
        """Publish another version of the alias's function."""
        self.functions.update_function_configuration(FunctionName=alias._function, Description="newer")
        self.functions.publish_version(FunctionName=alias._function)

    def alarms(self, *names: str) -> Alarms:
        for name in names:
            self.watch.put_metric_alarm(
                AlarmName=name,
                Namespace="any",
                MetricName="any",
                Statistic="Sum",
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                ComparisonOperator="GreaterThanThreshold",
            )
            self.ring(name, "OK")
        return Alarms(self.watch, list(names))

    def ring(self, name: str, state: str = "ALARM") -> None:
        self.watch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with Emulator(0, REGION, tmp_path_factory.mktemp("release")) as emulator:
        emulator.wait_until_ready()
        yield Account(emulator.endpoint)


@pytest.fixture
def said() -> list[str]:
    return []


def test_traffic_moves_step_by_step(account: Account, said: list[str]) -> None:
    """While it waits, the alias has the announced share; at the end the new version has all traffic."""
    alias, seen = account.alias(account.function(200, 200)), list[Traffic]()
    move(alias, alarms=account.alarms("a"), say=said.append, wait=lambda _: seen.append(alias.traffic()))

    assert seen == [Traffic("1", "2", 0.1)] * 6 + [Traffic("1", "2", 0.5)] * 12  # a look every 10 s
    assert alias.traffic() == Traffic("2")
    assert said == [
        "api: version 1 answers, version 2 gets 10%",
        "watching the alarms for 1 min",
        "api: version 1 answers, version 2 gets 50%",
        "watching the alarms for 2 min",
        "api: version 2 answers",
        "undo it with: python -m operations release rollback",
    ]


@pytest.mark.parametrize("after", [1, 9, 18])
def test_alarm_puts_everything_back(account: Account, said: list[str], after: int) -> None:
    """No user stays on the new version, whether the alarm comes at the first look, in between or at the last."""
    alias, alarms = account.alias(account.function(200, 200)), account.alarms("errors", "quiet")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == after:
            account.ring("errors")

    with pytest.raises(CommandError, match=r"alarm must stay off, but errors .*version 1 has all traffic"):
        move(alias, alarms=alarms, say=said.append, wait=wait)

    assert alias.traffic() == Traffic("1")
    assert len(waits) == after


def test_interruption_puts_everything_back(account: Account, said: list[str]) -> None:
    """Ctrl-C or a canceled job must not leave users on a version that nobody watches."""
    alias = account.alias(account.function(200, 200))

    with pytest.raises(KeyboardInterrupt):
        move(alias, alarms=account.alarms("a"), say=said.append, wait=interrupt)

    assert alias.traffic() == Traffic("1")
    assert said[-1] == "api: version 1 has all traffic again"


def test_alias_that_cannot_be_put_back_is_said(account: Account, said: list[str]) -> None:
    """If the traffic cannot be shifted back, somebody has to act, so the message must not sound reassuring."""
    name = account.function(200, 200)

    def wait(_: float) -> None:
        account.functions.delete_alias(FunctionName=name, Name="live")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(account.alias(name), alarms=account.alarms("a"), say=said.append, wait=wait)

    assert said[-1].startswith("api: traffic is NOT shifted back")


def test_release_that_somebody_else_touches_stops(account: Account, said: list[str]) -> None:
    """Two releases at once would undo each other's steps; the old version gets all traffic."""
    name = account.function(200, 200)
    alias, other = account.alias(name), account.alias(name)

    def wait(_: float) -> None:
        other.traffic()
        other.set(Traffic("1", "2", 0.9))

    with pytest.raises(CommandError, match="somebody changed it"):
        move(alias, alarms=account.alarms("a"), say=said.append, wait=wait)

    assert alias.traffic() == Traffic("1")


@pytest.mark.parametrize(("status", "words"), [(500, "but answers 500"), (0, "but fails with ")])
def test_version_that_does_not_answer_gets_no_traffic(
    account: Account, said: list[str], status: int, words: str
) -> None:
    """The release invokes the version first: a package that cannot start is found before a user meets it."""
    alias = account.alias(account.function(200, status))
    with pytest.raises(CommandError, match=words):
        move(alias, alarms=account.alarms("a"), say=said.append)

    assert alias.traffic() == Traffic("1")


def test_nothing_is_released_while_an_alarm_rings(account: Account, said: list[str]) -> None:
    """An alarm that is on already cannot signal a fault of the new version."""
    alias, alarms = account.alias(account.function(200, 200)), account.alarms("ringing")
    account.ring("ringing")
    with pytest.raises(CommandError, match="must be off before a release, but ringing"):
        move(alias, alarms=alarms, say=said.append)

    assert alias.traffic() == Traffic("1")


def test_alarm_that_is_gone_stops_a_release(account: Account, said: list[str]) -> None:
    """A missing alarm must not count as off."""
    alias = account.alias(account.function(200, 200))
    with pytest.raises(CommandError, match="every alarm of the stack must exist, but not no-such-alarm"):
        move(alias, alarms=Alarms(account.watch, ["no-such-alarm"]), say=said.append)


def test_many_alarms_are_all_read(account: Account) -> None:
    """DescribeAlarms takes 100 names a call, and the alarm that is on may be the last one."""
    alarms = account.alarms(*(f"many-{number}" for number in range(103)))
    account.ring("many-102")

    assert alarms.in_alarm() == ["many-102"]


def test_rollback_ends_a_shift(account: Account, said: list[str]) -> None:
    """One command ends a shift that a crashed release has left half-way."""
    alias = account.alias(account.function(200, 200))
    alias.traffic()
    alias.set(Traffic("1", "2", 0.5))
    back(alias, say=said.append)

    assert alias.traffic() == Traffic("1")
    assert said == ["api: version 1 answers, and version 2 gets no traffic"]


def test_rollback_undoes_the_release_and_then_goes_to_the_version_before(account: Account, said: list[str]) -> None:
    """The release is on record; what answered before it may not be the version that was published before."""
    alias = account.alias(account.function(200, 200, 200))
    move(alias, alarms=account.alarms("a"), steps=(), say=said.append)
    assert alias.traffic() == Traffic("3")

    back(alias, say=said.append)
    assert alias.traffic() == Traffic("1")
    back(alias, version="3", say=said.append)
    assert alias.traffic() == Traffic("3")
    back(alias, say=said.append)
    assert alias.traffic() == Traffic("2")
    with pytest.raises(CommandError, match="version must be one of 1, 2, 3, got 9"):
        back(alias, version="9", say=said.append)


class TestTwoFunctions:
    """Both are one deployment: a fix that one of them never serves is no fix."""

    @pytest.fixture
    def both(self, account: Account) -> list[Alias]:
        return [account.alias(account.function(200, 200)), account.alias(account.function(200, 200))]

    def test_both_move_in_the_same_steps(self, account: Account, both: list[Alias], said: list[str]) -> None:
        """Their shares are equal at each look at the alarms, which are looked at once for both."""
        seen: list[list[Traffic]] = []
        move(
            *both, alarms=account.alarms("a"), say=said.append, wait=lambda _: seen.append([a.traffic() for a in both])
        )

        assert seen == [[Traffic("1", "2", 0.1)] * 2] * 6 + [[Traffic("1", "2", 0.5)] * 2] * 12
        assert [alias.traffic() for alias in both] == [Traffic("2")] * 2

    @pytest.mark.parametrize("broken", [0, 1])
    def test_fault_of_one_puts_both_back(self, account: Account, said: list[str], broken: int) -> None:
        """Whether it does not answer at all, or its alias cannot be moved."""
        both = [account.alias(account.function(200, 500 if place == broken else 200)) for place in range(2)]
        with pytest.raises(CommandError, match="must answer GET /open with 2xx"):
            move(*both, alarms=account.alarms("a"), say=said.append)
        assert [alias.traffic() for alias in both] == [Traffic("1")] * 2

        with pytest.raises(KeyboardInterrupt):
            shift(released(*both, route_key=None), account.alarms("a"), STEPS, say=said.append, wait=interrupt)
        assert [alias.traffic() for alias in both] == [Traffic("1")] * 2

    def test_rollback_undoes_the_last_release_alone(self, account: Account, both: list[Alias], said: list[str]) -> None:
        """A function that the last release did not move stays at its version: the one before lacks older fixes."""
        api, reports = both
        move(*both, alarms=account.alarms("a"), steps=(), say=said.append)
        account.publish(api)
        move(*both, alarms=account.alarms("a"), steps=(), say=said.append)
        assert [alias.traffic() for alias in both] == [Traffic("3"), Traffic("2")]

        back(*both, say=said.append)
        assert [alias.traffic() for alias in both] == [Traffic("2"), Traffic("2")]
        back(*both, say=said.append)
        assert (api.traffic(), reports.traffic()) == (Traffic("2"), Traffic("1"))

    def test_without_a_record_somebody_has_to_choose(self, both: list[Alias], said: list[str]) -> None:
        """Which of them the last deployment changed is not known."""
        with pytest.raises(CommandError, match=r"on record .*--function api\|reports"):
            back(*both, say=said.append)

    def test_failure_of_one_does_not_keep_the_other(
        self, account: Account, both: list[Alias], said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every function is tried, and each failure is said."""
        move(*both, alarms=account.alarms("a"), steps=(), say=said.append)

        def refuse(*_: object) -> None:
            raise CommandError("Lambda must allow it")

        monkeypatch.setattr(both[0], "set", refuse)
        with pytest.raises(CommandError, match="api: Lambda must allow it"):
            back(*both, say=said.append)
        assert both[1].traffic() == Traffic("1")


def test_oldest_version_has_nothing_before_it(account: Account, said: list[str]) -> None:
    """A function with one version gets an error message, not an IndexError."""
    with pytest.raises(CommandError, match="there must be a version before 1 to roll back to"):
        back(account.alias(account.function(200)), say=said.append)


def test_second_release_beside_one_is_refused(account: Account, said: list[str]) -> None:
    """Lambda shares traffic between two versions only; a third would silently take the second's share."""
    alias = account.alias(account.function(200, 200, 200))
    alias.traffic()
    alias.set(Traffic("1", "2", 0.5))
    with pytest.raises(CommandError, match="only one release may be in progress, but api's version 2 gets 50%"):
        move(alias, alarms=account.alarms("a"), say=said.append)


def test_newest_version_needs_no_shift(account: Account, said: list[str]) -> None:
    """Most deployments change no function."""
    move(account.alias(account.function(200)), alarms=account.alarms("a"), say=said.append)

    assert said == ["api: version 1 answers; nothing to shift"]


def test_event_of_the_first_call_is_the_public_route() -> None:
    """The handler finds its route by `routeKey`; with a wrong one every version would look broken."""
    event = _event("GET /a/b")

    assert (event["routeKey"], event["rawPath"]) == ("GET /a/b", "/a/b")
    assert event["requestContext"]["http"] == {"method": "GET", "path": "/a/b"}


def test_without_a_public_route_the_release_says_that_nothing_was_tried(account: Account, said: list[str]) -> None:
    """A team's table may have none; the alarms are then the only guard."""
    alias = account.alias(account.function(200, 500))
    shift(released(alias, route_key=None), account.alarms("a"), (), say=said.append)

    assert "version 2 is not tried" in said[0]
    assert "no public GET route" in said[0]


class TestCommandLine:
    @pytest.fixture
    def outputs(self, account: Account, tmp_path: Path) -> Callable[..., str]:
        def write(*functions: str, alarms: Sequence[str] = ()) -> str:
            path = tmp_path / "outputs.json"
            named = zip(("api", "reports"), functions, strict=False)
            release = {
                "functions": {name: {"function": each, "alias": "live"} for name, each in named},
                "alarms": alarms,
            }
            plain = {"region": REGION, "awsEndpointUrl": account.endpoint, "release": release if functions else None}
            rest = ("apiUrl", "userPoolId", "userPoolClientId", "issuer", "authDomain", "scopes")
            path.write_text(json.dumps({**dict.fromkeys(rest, ""), **plain}))
            return str(path)

        return write

    def test_status_shift_and_rollback(
        self, account: Account, outputs: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The three actions in the order of a release."""
        account.alarms("day")
        stack = ["--outputs", outputs(account.function(200, 200), account.function(200), alarms=["day"])]

        assert command.main(["release", "status", *stack]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "api: version 1 answers; published: 1, 2",
            "reports: version 1 answers; published: 1",
            "alarms on: none",
        ]
        assert command.main(["release", "shift", *stack, "--steps", "10:0"]) == 0
        assert "api: version 2 answers" in capsys.readouterr().out
        assert command.main(["release", "rollback", *stack]) == 0
        assert capsys.readouterr().out == "api: version 1 answers, no longer 2\n"
        for wrong, words in {
            "--to 2": "--to must be the version of one function; name it with: --function api|reports",
            "--function report": "--function must be one of api, reports, got report",
        }.items():
            assert command.main(["release", "rollback", *stack, *wrong.split()]) == 1
            assert words in capsys.readouterr().err
        account.ring("day")
        assert command.main(["release", "shift", *stack, "--steps", "10:0"]) == 1
        assert "alarm must be off before a release, but day" in capsys.readouterr().err

    def test_release_without_alarms_says_so(
        self, account: Account, outputs: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A shift without alarms looks like a successful one, so the command warns."""
        stack = ["--outputs", outputs(account.function(200, 200))]

        assert command.main(["release", "shift", *stack, "--steps", "10:0"]) == 0
        assert "no alarm watches this release" in capsys.readouterr().out

    def test_stack_without_an_alias_is_one_line(
        self, outputs: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The error names the missing setting."""
        assert command.main(["release", "status", "--outputs", outputs()]) == 1
        assert "pulumi config set liveAlias true" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["shift", "--steps", "50:5,10:5"], "shares must rise"),
            (["shift", "--steps", "0:5"], "shares must rise"),
            (["shift", "--steps", "100:5"], "shares must rise"),
            (["shift", "--steps", "5"], "steps must be like 5:5,50:10, got 5"),
            (["shift", "--steps", "5:-1"], "minutes must be 0 to 1440"),
            (["shift", "--steps", "5:nan"], "minutes must be 0 to 1440"),
            (["fly"], "invalid choice"),
            ([], "ACTION"),
        ],
    )
    def test_bad_arguments_are_one_line(
        self, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Each error names the rule in one line."""
        assert command.main(["release", *arguments]) == 1
        error = capsys.readouterr().err

        assert words in error
        assert error.count("\n") == 1


def test_needs_are_those_of_versions_in_service_or_kept_for_a_rollback(account: Account) -> None:
    """The record must not forget a version that may answer, nor remember one that never will again."""
    name = account.function(200)
    alias, alarms = account.alias(name), account.alarms()
    outputs = {
        "awsEndpointUrl": account.endpoint,
        "region": REGION,
        "release": {"functions": {"api": {"function": name, "alias": "live"}, "bare": {"function": name}}},
    }

    def publish(*variables: str, **more: Any) -> None:
        environment = {"Variables": dict.fromkeys(variables, "x")}
        account.functions.update_function_configuration(FunctionName=name, Environment=environment, **more)
        account.functions.publish_version(FunctionName=name)

    key = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
    subnets = {"SubnetIds": ["subnet-0123456789abcdef0"], "SecurityGroupIds": ["sg-0123456789abcdef0"]}
    publish("SECRET_OLD", "NOTES_TABLE", "LOG_LEVEL", KMSKeyArn=key, VpcConfig=subnets)
    assert needs_of(outputs) == {"api": Needs(secrets=[], tables=[], vpc=False, keys=[])}
    move(alias, alarms=alarms)
    old = Needs(secrets=["OLD"], tables=["NOTES_TABLE"], vpc=True, keys=[key])
    assert needs_of(outputs) == {"api": old}

    publish("SECRET_NEW", KMSKeyArn="", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert needs_of(outputs) == {"api": old}
    move(alias, alarms=alarms)
    assert needs_of(outputs) == {"api": dataclasses.replace(old, secrets=["NEW", "OLD"])}
    publish("SECRET_NEW")
    move(alias, alarms=alarms)
    assert needs_of(outputs) == {"api": Needs(secrets=["NEW"], tables=[], vpc=False, keys=[])}
