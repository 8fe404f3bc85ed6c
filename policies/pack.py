"""The rules as a Pulumi policy pack: `pulumi up --policy-pack policies`.

Pulumi evaluates a rule about one resource before it makes that resource, with the inputs known by then, and a rule
about the whole stack once all are registered. The stack's setting `environment` decides the level: advisory in dev,
mandatory in staging and production.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import grpc
import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
    policy,
)
from pulumi_policy.proxy import UnknownValueError

from handler.routes import ROUTES
from policies.judge import asked, check_ids, suppression_of
from policies.rule import MANDATORY, ResourceRule, Rule, Violation
from policies.rules import RULES
from settings import Settings, SettingsError
from settings.stack import Suppression
from stacks.command_line import CommandError
from stacks.resource import Resource


def start() -> None:
    """Serve the pack to Pulumi's engine until it ends.

    The engine starts the process without the stack's configuration, which it sends by `ConfigureStack` before it asks
    for the rules. pulumi-policy keeps only the tags of that call, so the call is extended here.
    """
    rules = [_policy(rule, EnforcementLevel.ADVISORY, ()) for rule in RULES]  # a pack may not be empty
    servicer = policy._PolicyAnalyzerServicer
    configure_stack = servicer.ConfigureStack

    def configured(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            rules[:] = rules_of(request)
        except (SettingsError, CommandError) as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        return configure_stack(self, request, context)

    servicer.ConfigureStack = configured
    PolicyPack(name="secure-serverless-api", enforcement_level=EnforcementLevel.ADVISORY, policies=rules)


def rules_of(request: Any) -> list[Policy]:
    """Return the rules for the stack that an `AnalyzerStackConfigureRequest` describes, at their levels.

    SettingsError if its configuration cannot be deployed, CommandError for a suppression of an unknown rule.
    """
    pulumi.runtime.set_all_config(dict(request.config), list(request.config_secret_keys))
    pulumi.runtime.configure(pulumi.runtime.Settings(project=request.project, stack=request.stack))
    settings = Settings.load(ROUTES)
    check_ids(settings.policy_suppressions)
    level = EnforcementLevel.MANDATORY if settings.environment in MANDATORY else EnforcementLevel.ADVISORY
    return [_policy(rule, level, settings.policy_suppressions) for rule in asked(settings.environment)]


def _policy(rule: Rule, level: EnforcementLevel, suppressions: Sequence[Suppression]) -> Policy:
    described = {
        "enforcement_level": level,
        "name": rule.id,
        "description": f"{rule.title} ({', '.join(rule.sources)})",
        "severity": Severity(rule.severity.value),
        "remediation_steps": rule.remedy,
    }

    def reporting(violations: Iterable[Violation], report: ReportViolation, urns: Mapping[str, str]) -> None:
        for violation in violations:
            if suppression_of(violation, rule, suppressions) is None:
                text = f"{violation.resource}: {violation.says} (fix it with: {rule.remedy})"
                report(text, urns.get(violation.resource))

    if isinstance(rule, ResourceRule):

        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            resource = Resource(
                type=args.resource_type, name=args.name, inputs=known(args.props), protect=bool(args.opts.protect)
            )
            reporting(rule.violations([resource]), report, {})

        return ResourceValidationPolicy(validate=validate, **described)

    def validate_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            Resource(type=each.resource_type, name=each.name, inputs=known(each.props), protect=bool(each.opts.protect))
            for each in args.resources
        ]
        reporting(rule.violations(resources), report, {each.name: each.urn for each in args.resources})

    return StackValidationPolicy(validate=validate_stack, **described)


class Unknown:
    """A value that only AWS can give. It is true, and any other use skips the rule until the value is known.

    Pulumi's own placeholder equals nothing and is in no list, so a rule would report a violation where there is none.
    """

    def __init__(self, error: UnknownValueError) -> None:
        self._error = error

    def __bool__(self) -> bool:
        return True

    def _ask(self, *_: object) -> NoReturn:
        raise self._error

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _ask
    __str__ = __repr__ = __iter__ = __len__ = __contains__ = __getitem__ = get = keys = items = _ask
    __float__ = __mul__ = __rmul__ = _ask


def known(props: Any) -> Any:
    """Return the inputs as plain objects. Pulumi passes views that raise where a value is not known yet."""
    if isinstance(props, Mapping):
        return {key: _known_at(props, key) for key in props}
    if isinstance(props, Sequence) and not isinstance(props, str):
        return [_known_at(props, index) for index in range(len(props))]
    return props


def _known_at(props: Any, key: Any) -> Any:
    try:
        return known(props[key])
    except UnknownValueError as error:
        return Unknown(error)
