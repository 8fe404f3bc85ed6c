"""Mappings of AWS WAF's resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings.mapping import (
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    known_by,
    nested,
    pascal,
    same,
    tag_list,
)

_MISSING = "the web ACL in front of sign-in (nothing is blocked or logged there)"


def _spelled(value: Any) -> Any:
    """Return the value with PascalCase keys and AWS's spelling of CloudWatch."""
    if isinstance(value, Mapping):
        return {key.replace("Cloudwatch", "CloudWatch"): _spelled(member) for key, member in value.items()}
    return [_spelled(member) for member in value] if isinstance(value, list) else value


def _web_acl(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    acl_id = "00000000-0000-0000-0000-000000000000"
    return acl_id, {"arn": emulator.arn("wafv2", f"regional/webacl/{sent['Name']}/{acl_id}")}


def _deployed_web_acl(acl: Deployed) -> tuple[str, dict[str, Any]]:
    acl_id = "-".join(acl.digest[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
    name = acl.physical_name
    return acl_id, {"name": name, "arn": acl.arn("wafv2", f"regional/webacl/{name}/{acl_id}")}


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:wafv2/webAcl:WebAcl": ResourceMapping(
        service="wafv2",
        call="create_web_acl",
        missing=_MISSING,
        inputs={
            **same("name", "description", "scope", "defaultAction"),
            "rules": lambda rules: {"Rules": _spelled(pascal(rules))},
            "visibilityConfig": lambda config: {"VisibilityConfig": _spelled(pascal(config))},
            "tags": tag_list(),
        },
        outputs=_web_acl,
        deployed=_deployed_web_acl,
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": ResourceMapping(
        service="wafv2",
        call="associate_web_acl",
        missing=_MISSING,
        inputs={"resourceArn": "ResourceArn", "webAclArn": "WebACLArn"},
        outputs=known_by("WebACLArn", "ResourceArn"),
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": ResourceMapping(
        service="wafv2",
        call="put_logging_configuration",
        missing=_MISSING,
        inputs={
            name: nested("LoggingConfiguration", name[0].upper() + name[1:])
            for name in ("resourceArn", "logDestinationConfigs", "redactedFields", "loggingFilter")
        },
        outputs=lambda _answer, sent, _emulator: (sent["LoggingConfiguration"]["ResourceArn"], {}),
    ),
}
