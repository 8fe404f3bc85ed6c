"""The pack as Pulumi's engine runs it: in its own process and environment, over gRPC."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as messages
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from policies.evaluation import report
from policies.judge import Verdict, asked
from policies.rule import ResourceRule
from stacks import ROOT
from stacks.recorder import PROJECT, deployed
from stacks.resource import Resource
from tests.policies.test_rules import GOOD, changed, good

pytestmark = pytest.mark.acceptance

PACK = ROOT / "policies"
PYTHON = ROOT / ".build" / "policies-venv" / "bin" / "python"
# What Pulumi sends in the place of a text that AWS has yet to give (pulumi/pulumi, sdk/go/common/resource/plugin).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Of everything that a rule says about a resource, what the engine shows and what it does about it.
Said = tuple[str, str, str]


@contextmanager
def pack(stack: str, secrets: Sequence[str] = (), **changes: str) -> Iterator[AnalyzerStub]:
    """Start the process as the engine does, without any configuration, and send the configuration as the engine does.

    From pulumi/pulumi: RunPlugin of the Python language host, and NewPolicyAnalyzer (pkg/resource/plugin).
    """
    assert PYTHON.exists(), "make policies installs what the pack needs"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "PYTHON"))}
    command = [str(PYTHON), "-u", str(PACK), "127.0.0.1:1"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port, process.communicate()[1]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = AnalyzerStub(channel)
            stub.ConfigureStack(
                messages.AnalyzerStackConfigureRequest(
                    project=PROJECT,
                    stack=stack,
                    dry_run=True,
                    config=dict(deployed(stack, **changes).config),
                    config_secret_keys=[f"{PROJECT}:{key}" for key in secrets],
                )
            )
            yield stub
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def dev() -> Iterator[AnalyzerStub]:
    with pack("dev") as stub:
        yield stub


@pytest.fixture(scope="module")
def prod() -> Iterator[AnalyzerStub]:
    with pack("prod", policySuppressions="[]") as stub:
        yield stub


def properties(inputs: Mapping[str, Any]) -> struct_pb2.Struct:
    content = struct_pb2.Struct()
    content.update({key: json.loads(json.dumps(value, default=str)) for key, value in inputs.items()})
    return content


def request(resource: Resource) -> messages.AnalyzeRequest:
    return messages.AnalyzeRequest(
        type=resource.type,
        name=resource.name,
        urn=f"urn:pulumi:test::{PROJECT}::{resource.type}::{resource.name}",
        properties=properties(resource.inputs),
        options=messages.AnalyzerResourceOptions(protect=resource.protect),
    )


def said(response: messages.AnalyzeResponse) -> set[Said]:
    """Return rule, violation without the rule's description, and level."""
    return {
        (each.policyName, each.message.partition("\n")[2], messages.EnforcementLevel.Name(each.enforcementLevel))
        for each in response.diagnostics
    }


def expected(verdict: Verdict, *, resource_rules: bool) -> set[Said]:
    level = "MANDATORY" if verdict.mandatory else "ADVISORY"
    return {
        (
            each.rule.id,
            f"{each.violation.resource}: {each.violation.says} (fix it with: {each.rule.remedy})",
            level,
        )
        for each in verdict.open
        if isinstance(each.rule, ResourceRule) is resource_rules
    }


@pytest.mark.parametrize(("stack", "level"), [("dev", "ADVISORY"), ("prod", "MANDATORY")])
def test_level_follows_from_the_stacks_environment(stack: str, level: str, request_: pytest.FixtureRequest) -> None:
    """The engine reads the levels first, and stops at a mandatory violation."""
    stub: AnalyzerStub = request_.getfixturevalue(stack)
    info = stub.GetAnalyzerInfo(empty_pb2.Empty())

    assert {policy.name for policy in info.policies} == {rule.id for rule in asked(stack)}
    assert {messages.EnforcementLevel.Name(policy.enforcementLevel) for policy in info.policies} == {level}


@pytest.fixture
def request_(request: pytest.FixtureRequest) -> pytest.FixtureRequest:
    return request


def test_pack_says_what_the_report_says(dev: AnalyzerStub) -> None:
    """`make policies` and Pulumi's engine must report the same violations."""
    found = report("dev")
    resources = [
        Resource(type=each.type, name=each.name, inputs=dict(each.inputs), protect=each.protect)
        for each in found.resources
    ]
    one_by_one = set().union(*(said(dev.Analyze(request(each))) for each in resources))
    all_together = said(
        dev.AnalyzeStack(messages.AnalyzeStackRequest(resources=[_in_stack(each) for each in resources]))
    )

    assert one_by_one == expected(found.verdict, resource_rules=True) != set()
    assert all_together == expected(found.verdict, resource_rules=False)


def test_production_is_stopped(prod: AnalyzerStub) -> None:
    """The preview already refuses a route without its authorizer."""
    open_route = changed("Route", "authorizationType", "NONE")

    ((rule, text, level),) = said(prod.Analyze(request(open_route)))

    assert (rule, level) == ("API-JWT", "MANDATORY")
    assert re.match(r"route: authorizationType must .*, got NONE \(fix it with: .+\)", text)


def test_stack_rules_are_asked_in_production(prod: AnalyzerStub) -> None:
    """Rules about missing resources need the whole stack."""
    only_a_pool = messages.AnalyzeStackRequest(resources=[_in_stack(good("UserPool"))])

    found = {(rule, level) for rule, _, level in said(prod.AnalyzeStack(only_a_pool))}
    assert found == {("COG-WAF", "MANDATORY"), ("OPS-ALARMS", "MANDATORY")}


def test_suppressed_rules_are_silent() -> None:
    """Suppressions come from the stack's settings, not from the command line."""
    reason = "Anybody may try the service, so that people sign up by themselves."
    rule = {"rule": "COG-SIGN-UP", "resource": "userp*", "reason": reason}
    pool = changed("UserPool", "adminCreateUserConfig#allowAdminCreateUserOnly", value=False)
    other = Resource(type=pool.type, name="another", inputs=pool.inputs, protect=True)
    with pack("prod", policySuppressions=json.dumps([rule])) as stub:
        assert said(stub.Analyze(request(pool))) == set()
        assert {rule for rule, *_ in said(stub.Analyze(request(other)))} == {"COG-SIGN-UP"}


def test_suppression_of_an_unknown_rule_stops_the_pack() -> None:
    """A misspelled suppression would have no effect, unnoticed."""
    rule = {"rule": "COG-SIGN-IN", "resource": "*", "reason": "Misspelled, and nobody would have noticed."}
    with pytest.raises(grpc.RpcError) as refused, pack("prod", policySuppressions=json.dumps([rule])):
        pass

    assert "policySuppressions must name a rule of docs/policies.md, got COG-SIGN-IN" in refused.value.details()


def test_secret_settings_are_secret_to_the_pack() -> None:
    """The engine sends the values decrypted, and the keys of those that the stack holds encrypted."""
    salt = "0123456789abcdef0123456789abcdef"
    with pack("prod", secrets=["logSubjectSalt"], logSubjectSalt=salt) as stub:
        assert stub.GetAnalyzerInfo(empty_pb2.Empty()).policies
    with pytest.raises(grpc.RpcError) as refused, pack("prod", logSubjectSalt=salt):
        pass

    assert "logSubjectSalt: must be a Pulumi secret" in refused.value.details()
    assert salt not in refused.value.details()


def test_what_is_set_but_not_known_yet_is_set(prod: AnalyzerStub) -> None:
    """At a preview no authorizer has an id yet; every route would be reported as unprotected."""
    route = changed("Route", "authorizerId", UNKNOWN)

    assert said(prod.Analyze(request(route))) == set()


def test_what_cannot_be_judged_yet_is_said(prod: AnalyzerStub) -> None:
    """A rule that has to wait for a value must not count as passed."""
    found = prod.Analyze(request(changed("Authorizer", "jwtConfiguration#issuer", UNKNOWN))).diagnostics

    assert [(each.policyName, each.enforcementLevel) for each in found] == [("API-ISSUER", messages.ADVISORY)]
    assert "string value at .jwtConfiguration.issuer can't be known during preview" in found[0].message


def leaves(value: Any, path: str = "") -> Iterator[str]:
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        here = f"{path}#{key}" if path else str(key)
        yield here
        if isinstance(member, dict | list):
            yield from leaves(member, here)


@pytest.mark.parametrize("kind", GOOD)
def test_no_input_that_is_unknown_is_a_violation_or_a_crash(kind: str, prod: AnalyzerStub) -> None:
    """A preview of new resources must not fail because of values that only AWS knows."""
    for path in leaves(GOOD[kind][1]):
        resource = changed(kind, path, UNKNOWN)
        responses = [prod.Analyze(request(resource))]
        everything = [resource if each == kind else good(each) for each in GOOD]
        responses.append(
            prod.AnalyzeStack(messages.AnalyzeStackRequest(resources=[_in_stack(each) for each in everything]))
        )
        for response in responses:
            assert [
                each.message for each in response.diagnostics if each.enforcementLevel == messages.MANDATORY
            ] == [], path


def _in_stack(resource: Resource) -> messages.AnalyzerResource:
    one = request(resource)
    return messages.AnalyzerResource(
        type=one.type, name=one.name, urn=one.urn, properties=one.properties, options=one.options
    )
