"""Ten ordinary changes, each as the edits that a developer makes by hand: `python -m docs.changes` counts the files.

`tests/test_changes.py` makes each change in a copy of the project and runs the checks that it must leave green.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    """Text for a file: inserted after the text `after`, which the file has exactly once, or a new file without it."""

    file: str
    text: str
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change: its edits, the commands that do the rest, and the tests that it could turn red."""

    name: str
    edits: tuple[Edit, ...]
    commands: tuple[str, ...] = ()
    tests: tuple[str, ...]

    @property
    def files(self) -> list[str]:
        """The files that are edited by hand, in the order of the edits."""
        return list(dict.fromkeys(edit.file for edit in self.edits))


DOCS = "python -m docs.generate"
RELEASE = "python -m contract --release"
LOCK = (  # one lock of those that `make lock` makes
    "uv pip compile --quiet --universal --python-version 3.11 --generate-hashes "
    "handler/requirements.in --output-file handler/requirements.txt"
)
TARGETS = {DOCS: "make docs", RELEASE: "make contract-release", LOCK: "make lock"}

CHANGES = (
    Change(
        name="a route",
        edits=(
            Edit(
                "handler/orders.py",
                '''"""Orders."""

from __future__ import annotations

from typing import TypedDict

from handler.route import Request


class Orders(TypedDict):
    """The caller's orders."""

    orders: list[str]


def list_orders(_: Request[None]) -> Orders:
    """List the caller's orders."""
    return {"orders": []}
''',
            ),
            Edit(
                "handler/routes.py",
                "from handler.orders import Orders, list_orders\n",
                after="from __future__ import annotations\n\n",
            ),
            Edit(
                "handler/routes.py",
                '    Route(key="GET /orders", call=list_orders, summary="Lists the orders", response=Orders),\n',
                after="ROUTES = table(\n",
            ),
            Edit(
                "tests/handler/test_orders.py",
                '''"""Orders."""

from handler.orders import list_orders
from handler.route import Request


def test_new_user_has_no_orders() -> None:
    """An empty list, not an error."""
    assert list_orders(Request(event={}, caller=None, body=None)) == {"orders": []}
''',
            ),
        ),
        commands=(DOCS, RELEASE),
        tests=("tests/handler", "tests/contract", "tests/proof/test_routes.py", "tests/test_program.py"),
    ),
    Change(
        name="a setting",
        edits=(
            Edit(
                "components/api_function.py",
                "    ephemeral_storage_mb: int = field(default=512, metadata=checked(between(512, 10_240)))\n"
                '    """Size of /tmp in MB, 512 to 10240."""\n',
                after='Its share of the processor grows with it."""\n',
            ),
            Edit(
                "components/api_function.py",
                '            ephemeral_storage={"size": options.ephemeral_storage_mb},\n',
                after="            memory_size=options.memory_mb,\n",
            ),
            Edit(
                "stacks/mappings/lambda_iam.py",
                '            "ephemeralStorage": lambda value: {"EphemeralStorage": {"Size": value["size"]}},\n',
                after='"architectures", "memorySize", "timeout", "packageType"),\n',
            ),
            Edit(
                "tests/components/test_api_function.py",
                '''

def test_temporary_storage_is_as_set() -> None:
    """A function that unpacks archives needs more than the default."""
    assert default().one("Function").inputs["ephemeralStorage"]["size"] == 512
''',
                after="EOF",
            ),
        ),
        commands=(DOCS,),
        tests=("tests/components", "tests/settings", "tests/test_program.py", "tests/stacks"),
    ),
    Change(
        name="an alarm",
        edits=(
            Edit(
                "components/monitoring/alarms.py",
                "        _storage(monitored),\n",
                after="        *_shared(monitored, at),\n",
            ),
            Edit(
                "components/monitoring/alarms.py",
                """

def _storage(monitored: Monitored) -> Alarm:
    return Alarm(
        name="storage-unavailable",
        meaning="The table was not available, so requests were answered with 503, three times in five minutes.",
        first="read the cause in the function's log.",
        series={"refusals": logged(monitored, "FunctionRefusals", Reason="storage_unavailable")},
        compared="refusals",
        threshold=3,
    )
""",
                after="EOF",
            ),
            Edit(
                "docs/operations.md",
                "\n### Storage unavailable\n\nRead `cause` in the function's log.\n",
                after="EOF",
            ),
            Edit(
                "tests/cloudwatch/test_alarms.py",
                '    ("storage-unavailable", table_gone, 5, 10),\n',
                after="ends at the latest, in minutes after the trouble begins\n",
            ),
            Edit(
                "tests/cloudwatch/test_alarms.py",
                """def table_gone() -> Days:
    return Days().each_minute(refusal("storage_unavailable"), NOON, 2, 40)


""",
                after="    return Days().each_minute(REFUSED, NOON, 15, 60)\n\n\n",
            ),
        ),
        commands=(DOCS,),
        tests=("tests/cloudwatch", "tests/components/test_monitoring.py", "tests/policies"),
    ),
    Change(
        name="an attack case",
        edits=(
            Edit(
                "proof/attack/cases/header.py",
                '    yield from drafts("A10", "key id is a word", "key_unknown", {"kid-word": header(kid="admin")})\n',
                after="def _key_id() -> Iterator[Case]:\n",
            ),
        ),
        commands=(DOCS,),
        tests=("tests/handler/test_attack_corpus.py", "tests/proof/test_attack.py"),
    ),
    Change(
        name="an AWS resource",
        edits=(
            Edit("__main__.py", "import pulumi_aws as aws\n", after="import pulumi\n"),
            Edit(
                "__main__.py",
                """
jobs = aws.sqs.Queue("jobs", sqs_managed_sse_enabled=True)
plain = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": jobs.arn,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
aws.sqs.QueuePolicy(
    "jobs", queue_url=jobs.url, policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [plain]})
)
""",
                after="tag_everything(settings.resource_tags)\n",
            ),
            Edit("stacks/mappings/sqs_events.py", "    known_by,\n", after="    ResourceMapping,\n    Values,\n"),
            Edit(
                "stacks/mappings/sqs_events.py",
                """    "aws:sqs/queuePolicy:QueuePolicy": ResourceMapping(
        service="sqs",
        call="set_queue_attributes",
        update="set_queue_attributes",
        delete="get_queue_attributes",  # a no-op: the policy goes with its queue
        inputs={"queueUrl": "QueueUrl", "policy": _attribute("Policy")},
        outputs=known_by("QueueUrl"),
    ),
""",
                after="MAPPINGS: Mapping[str, ResourceMapping] = {\n",
            ),
            Edit(
                "operations/resource_types.py",
                """    "aws:sqs/queuePolicy:QueuePolicy": ResourceType(
        rights=(own("sqs", "GetQueueAttributes SetQueueAttributes", "arn:aws:sqs:{region}:{account}:*"),), free=True
    ),
""",
                after="RESOURCE_TYPES: dict[str, ResourceType] = {\n",
            ),
            Edit(
                "tests/test_jobs.py",
                '''"""The queue of jobs."""

from stacks.recorder import program


def test_jobs_travel_by_tls_only() -> None:
    """A job names a user."""
    assert "aws:SecureTransport" in program("dev").one("QueuePolicy").inputs["policy"]
''',
            ),
        ),
        commands=(DOCS,),
        tests=("tests/test_jobs.py", "tests/stacks", "tests/test_program.py", "tests/policies", "tests/operations"),
    ),
    Change(
        name="an output",
        edits=(
            Edit(
                "__main__.py",
                'pulumi.export("environment", settings.environment.value)\n',
                after='pulumi.export("region", settings.region)\n',
            ),
            Edit(
                "contract/contract.schema.json",
                '        "environment": { "enum": ["dev", "staging", "prod"] },\n',
                after='        "apiUrl": { "$ref": "#/$defs/address" },\n',
            ),
            Edit(
                "tests/test_program.py",
                '            "environment": Stack.load(stack).config["secure-serverless-api:environment"],\n',
                after='            "region": region,\n',
            ),
        ),
        commands=(DOCS, RELEASE),
        tests=("tests/contract", "tests/test_program.py", "tests/test_architecture.py"),
    ),
    Change(
        name="a policy rule",
        edits=(
            Edit(
                "policies/rules/data.py",
                """    ResourceRule(
        id="DATA-KEPT",
        severity=Severity.LOW,
        title="A table cannot be deleted by accident",
        remedy="deletion_protection_enabled on the table",
        sources=("SH DynamoDB.6",),
        types=(TABLE,),
        check=lambda table: wants(table, "deletionProtectionEnabled", True),
    ),
""",
                after="RULES = (\n",
            ),
            Edit(
                "tests/policies/test_rules.py",
                '    bad("DATA-KEPT", "Table", "deletionProtectionEnabled", False),\n',
                after="BAD = [\n",
            ),
        ),
        commands=(DOCS,),
        tests=("tests/policies",),
    ),
    Change(
        name="a stack",
        edits=(
            Edit(
                "Pulumi.qa.yaml",
                """config:
  aws:region: eu-central-1
  secure-serverless-api:environment: staging
  secure-serverless-api:domainPrefix: secure-api-qa
  secure-serverless-api:callbackUrls: ["https://qa.example.com/"]
  secure-serverless-api:logoutUrls: ["https://qa.example.com/"]
  secure-serverless-api:allowedOrigins: ["https://qa.example.com"]
  secure-serverless-api:mfa: required
  secure-serverless-api:selfSignUp: false
  secure-serverless-api:reservedConcurrency: 20
  secure-serverless-api:alarmEmails: ["qa@example.com"]
""",
            ),
        ),
        tests=("tests/test_program.py", "tests/test_newcomer.py", "tests/policies", "tests/operations", "tests/stacks"),
    ),
    Change(
        name="a dependency",
        edits=(
            Edit("handler/requirements.in", "sortedcontainers\n", after="EOF"),
            Edit("tests/test_project.py", '"sortedcontainers", ', after='requirements.txt").keys() == {'),
            Edit("tests/components/test_bundle.py", '"sortedcontainers", ', after="assert packages - {"),
        ),
        commands=(LOCK,),
        tests=("tests/test_project.py", "tests/components/test_bundle.py", "tests/components/test_sbom.py"),
    ),
    Change(
        name="a contract format",
        edits=(
            Edit(
                "contract/properties.py",
                '''"""A Java properties file of the contract's single values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.environment import variables


def text(contract: Mapping[str, Any]) -> str:
    """Return a line for each value."""
    return "".join(f"{name.lower()}={value}\\n" for name, value in variables(contract).items())
''',
            ),
            Edit(
                "contract/files.py",
                "from contract import properties\n",
                after="from contract import amplify, environment, oidc, openapi, typescript\n",
            ),
            Edit(
                "contract/files.py",
                '        "api.properties": properties.text(contract),\n',
                after='        "api.ts": typescript.module(contract),\n',
            ),
            Edit(
                "tests/contract/test_properties.py",
                '''"""The Java properties file."""

from typing import Any

from contract import properties


def test_value_is_on_a_line_of_its_own(document: dict[str, Any]) -> None:
    """Java reads a property up to the end of its line."""
    assert f"region={document['outputs']['region']}\\n" in properties.text(document)
''',
            ),
        ),
        tests=("tests/contract", "tests/local/test_contract.py"),
    ),
)


def counts() -> str:
    """Return the table of changes: files edited by hand, and the commands that write the others."""
    rows = ["| change | files | edit by hand | then run |", "|---|---|---|---|"]
    for change in CHANGES:
        named = ", ".join(f"`{name}`" for name in change.files)
        commands = ", ".join(f"`{TARGETS[command]}`" for command in change.commands)
        rows.append(f"| {change.name} | {len(change.files)} | {named} | {commands} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(f"{counts()}\n")
