"""The rules as a Pulumi policy pack: `pulumi up --policy-pack policies`.

Pulumi evaluates a rule about one resource before it makes that resource, with the inputs known by then, and a rule
about the whole stack once all are registered. The stack's setting `environment` decides the level: advisory in dev,
mandatory in staging and production.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

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
)
from pulumi_policy.proxy import UnknownValueError

from policies.judge import asked, check_ids, suppression_of
from policies.rule import MANDATORY, ResourceRule, Rule, Violation
from settings.stack import Suppression
from stacks.resource import Resource


def start(environment: str, suppressions: Sequence[Suppression]) -> None:
    """Serve the pack to Pulumi's engine until it ends. CommandError for a suppression of an unknown rule."""
    check_ids(suppressions)
    level = EnforcementLevel.MANDATORY if environment in MANDATORY else EnforcementLevel.ADVISORY
    PolicyPack(
        name="secure-serverless-api",
        enforcement_level=level,
        policies=[_policy(rule, suppressions) for rule in asked(environment)],
    )


def _policy(rule: Rule, suppressions: Sequence[Suppression]) -> Policy:
    described = {
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
