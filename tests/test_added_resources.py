"""docs/resources.md is typed into a copy of the project, as it stands, and holds."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import boto3
import pytest

from stacks import ROOT
from tests.copies import Copy

pytestmark = pytest.mark.acceptance

PAGE = (ROOT / "docs" / "resources.md").read_text()
# Those that read the program or the route table; the others cannot tell.
TESTS = ("test_program.py", "test_files.py", "operations", "policies", "contract", "handler/test_routes.py", "stacks")


def inner(block: str) -> str:
    """Return the lines between the dots, which stand for those that are there, and the closing bracket."""
    return block.partition("    ...\n")[2].rpartition("\n")[0].rpartition("\n")[0] + "\n"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    copy = Copy(tmp_path_factory.mktemp("resources") / "project")
    fences = re.findall(r"^ *```python\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    resources, variables, statements, module, route, test = map(textwrap.dedent, fences)
    program = (copy.root / "__main__.py").read_text()
    for old, new in (
        ("import pulumi\n", "import pulumi\nimport pulumi_aws as aws\n"),
        ("from components.http_api", "from components.execution_role import StatementArgs\nfrom components.http_api"),
        ("\nenvironment: dict[", f"\n{resources}\nenvironment: dict["),
        ('    "LOG_LEVEL":', f'{inner(variables)}    "LOG_LEVEL":'),
        ("    functions[name] = ", f"{textwrap.indent(statements, '    ')}    functions[name] = "),
    ):
        assert program.count(old) == 1, old
        program = program.replace(old, new)
    copy.write("__main__.py", program)
    copy.write("handler/files.py", module)
    copy.write("tests/test_files.py", test)
    imports = "from handler.files import File, NewFile, add_file\n"
    copy.insert("tests/test_program.py", after="VARIABLES = {", text='"FILES_BUCKET", "JOBS_QUEUE", ')
    copy.insert("tests/test_program.py", after="RIGHTS = {", text='"Files", "Jobs", ')
    copy.insert("handler/routes.py", after="from handler.route import Route, table\n", text=imports)
    copy.insert("handler/routes.py", after="ROUTES = table(\n", text=inner(route))
    yield copy
    copy.run("local", "down")


def test_route_uses_the_bucket_and_the_queue(copy: Copy) -> None:
    """From the page alone: the names reach the function, and its calls reach the resources."""
    copy.run("local", "up", "--port", "0", "--detach")
    answer = copy.run("local", "call", "POST", "/files", "--user", "demo", "--data", '{"text": "hello"}')
    key = re.fullmatch(r'\{"key": "([\w-]+/[\w-]+)"\}\n', answer)
    assert key, answer
    options = {"endpoint_url": copy.outputs["awsEndpointUrl"], "region_name": copy.outputs["region"]}
    options |= {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    s3, sqs = (boto3.client(service, **options) for service in ("s3", "sqs"))
    (bucket,) = (each["Name"] for each in s3.list_buckets()["Buckets"])
    assert s3.get_object(Bucket=bucket, Key=key[1])["Body"].read() == b"hello"
    (queue,) = sqs.list_queues()["QueueUrls"]
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == key[1]


def test_tests_stay_green(copy: Copy) -> None:
    """The rights of the function and of the deploying role, the policies and the estimate know the new types."""
    copy.run("docs.generate")
    copy.run("contract", "--release")
    copy.run("pytest", *(f"tests/{name}" for name in TESTS))
    copy.run("policies", "--stack", "dev")
    role = copy.run("operations", "role", "policy", "--stack", "dev", "--account", "123456789012")
    assert "arn:aws:s3:::files-dev-*" in role
