"""Verdicts: every failure, silent check, unanswered call and stale entry is reported."""

from __future__ import annotations

import pytest

from policies.audit.allowed import Entry, load
from policies.audit.findings import Finding
from policies.audit.verdict import ALLOWED, FAILED, NOTHING, PASS, Row, as_markdown, as_table, count, judge

MFA = Finding(check="pool_mfa", resource="pool", status="FAIL", detail="User pool has MFA disabled.")
LOGS = Finding(check="api_logs", resource="api", status="PASS", detail="Stage has access logging.")
ALLOW_MFA = Entry(kind="fail", name="pool_mfa", reason="It is so.")
ERROR = "us-east-1 -- ClientError[211]: An error occurred when calling the DescribeX operation: Unknown action"


def failures(rows: list[Row]) -> list[str]:
    return [row.name for row in rows if row.verdict == FAILED]


def test_pass_needs_no_entry() -> None:
    """Only exceptions need an entry."""
    assert judge("dev", ["api_logs"], [LOGS], [], []) == [Row("api_logs", "api", PASS)]


def test_unknown_failure_fails() -> None:
    """Unknown failures are the purpose of the audit."""
    (row,) = judge("dev", ["pool_mfa"], [MFA], [], [])

    assert row == Row("pool_mfa", "pool", FAILED, "User pool has MFA disabled.")


def test_check_that_could_not_judge_fails() -> None:
    """MANUAL means that a person must look, and nobody has."""
    manual = Finding(check="code", resource="function", status="MANUAL", detail="Could not scan.")

    assert failures(judge("dev", ["code"], [manual], [], [])) == ["code"]


def test_allowed_failure_says_why() -> None:
    """The report shows the reason."""
    (row,) = judge("dev", ["pool_mfa"], [MFA], [], [ALLOW_MFA])

    assert row.text == "allowed: It is so."


def test_entry_covers_every_resource_of_its_check() -> None:
    """The reason holds for a second function too."""
    other = Finding(check="pool_mfa", resource="other", status="FAIL", detail="Same.")

    assert [row.verdict for row in judge("dev", ["pool_mfa"], [MFA, other], [], [ALLOW_MFA])] == [ALLOWED, ALLOWED]


def test_stale_entry_fails() -> None:
    """An unused exception would hide the next failure of its check."""
    passing = Finding(check="pool_mfa", resource="pool", status="PASS", detail="MFA is on.")
    rows = judge("dev", ["pool_mfa"], [passing], [], [ALLOW_MFA])

    assert failures(rows) == ["pool_mfa"]
    assert "remove the entry" in rows[-1].why


def test_entry_for_another_environment_allows_nothing() -> None:
    """A relaxation for development must not reach production; a stricter stack for development needs none."""
    entry = Entry(kind="fail", name="pool_mfa", reason="It is so.", environments=("dev",))

    assert failures(judge("prod", ["pool_mfa"], [MFA], [], [entry])) == ["pool_mfa"]
    assert failures(judge("dev", ["pool_mfa"], [MFA], [], [entry])) == []
    for environment in ("dev", "prod"):
        assert failures(judge(environment, ["api_logs"], [LOGS], [], [entry])) == []


def test_detail_must_match_as_a_whole() -> None:
    """An entry for one place must not cover a finding that names another one too."""
    entry = Entry(kind="fail", name="code", reason="It is so.", detail=r"Secret in lib/\w+\.")
    known = Finding(check="code", resource="function", status="FAIL", detail="Secret in lib/x.")
    more = Finding(check="code", resource="function", status="FAIL", detail="Secret in lib/x. Secret in app.")

    assert failures(judge("dev", ["code"], [known], [], [entry])) == []
    assert "code" in failures(judge("dev", ["code"], [more], [], [entry]))


def test_silent_check_fails() -> None:
    """A check that sees no resource has stopped guarding, and would look like a clean run."""
    assert failures(judge("dev", ["api_logs", "pool_mfa"], [LOGS], [], [])) == ["pool_mfa"]


def test_silent_check_can_be_listed() -> None:
    """The program has no such resource."""
    entry = Entry(kind="silent", name="url_public", reason="No URL.")
    rows = judge("dev", ["api_logs", "url_public"], [LOGS], [], [entry])

    assert rows[1] == Row("url_public", "-", NOTHING, "No URL.")


def test_listed_silence_that_is_broken_fails() -> None:
    """The resource exists now, so the reason is no longer true."""
    entry = Entry(kind="silent", name="api_logs", reason="No API.")

    assert failures(judge("dev", ["api_logs"], [LOGS], [], [entry])) == ["api_logs"]


def test_allowed_failure_is_no_allowed_silence() -> None:
    """A check that may fail must still run."""
    assert failures(judge("dev", ["pool_mfa"], [], [], [ALLOW_MFA])) == ["pool_mfa", "pool_mfa"]


def test_unanswered_call_fails_unless_listed() -> None:
    """Prowler continues without the answer, so its passes may be wrong."""
    entry = Entry(kind="unanswered", name="DescribeX", reason="Not emulated.")

    assert failures(judge("dev", [], [], [ERROR], [])) == ["call"]
    assert judge("dev", [], [], [ERROR], [entry]) == [Row("call DescribeX", "-", ALLOWED, "Not emulated.")]
    assert failures(judge("dev", [], [], [], [entry])) == ["DescribeX"]


def test_report_counts_and_shows_everything() -> None:
    """Failures come last, where a terminal ends."""
    rows = judge("dev", ["api_logs", "pool_mfa"], [MFA, LOGS], [], [])

    assert count(rows) == {PASS: 1, ALLOWED: 0, NOTHING: 0, FAILED: 1}
    assert as_table(rows).splitlines()[-1] == "pool_mfa  pool      FAILED: User pool has MFA disabled."
    assert "| `api_logs` | `api` | pass |" in as_markdown("local", rows)


SECRETS = "Potential secrets found in Lambda function function-function code -> "
LOCKED = "cryptography/hazmat/_oid.py: Generic Password on line 372, API Key on line 3"


@pytest.mark.parametrize(
    ("detail", "allowed"),
    [
        (f"{SECRETS}{LOCKED}.", True),
        (f"{SECRETS}{LOCKED}; pyjwt-2.15.1.dist-info/METADATA: JSON Web Token (base64url-encoded) on line 77.", True),
        (f"{SECRETS}handler/app.py: AWS Secret Key on line 3.", False),
        (f"{SECRETS}{LOCKED}; handler/app.py: AWS Secret Key on line 3.", False),
        (f"{SECRETS}handler/app.py: AWS Secret Key on line 3; {LOCKED}.", False),
    ],
)
def test_secret_in_our_own_code_is_never_allowed(*, detail: str, allowed: bool) -> None:
    """The list allows apparent secrets in locked packages, never in the project's own code."""
    name = "awslambda_function_no_secrets_in_code"
    entries = [entry for entry in load() if entry.name == name]
    finding = Finding(check=name, resource="function-function", status="FAIL", detail=detail)

    assert (judge("dev", [name], [finding], [], entries)[0].verdict == ALLOWED) is allowed
