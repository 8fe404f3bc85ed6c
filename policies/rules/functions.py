"""Rules for functions: who may invoke them, their environment and their limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.rule import PRODUCTION, ResourceRule, Severity, at, shown, wants
from policies.rules.permissions import is_narrow
from stacks.resource import Resource

FUNCTION = "aws:lambda/function:Function"
PERMISSION = "aws:lambda/permission:Permission"
URL = "aws:lambda/functionUrl:FunctionUrl"

# Python runtimes on Amazon Linux 2023 ("Lambda runtimes"); older ones end with Amazon Linux 2.
SUPPORTED = ("python3.12", "python3.13", "python3.14")
# Lambda keeps these for itself and refuses a function that sets them ("Defined runtime environment variables").
_RESERVED = re.compile(r"AWS_.*|_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_(TASK_ROOT|RUNTIME_DIR)")
# Variable names that suggest a secret; the value may be a reference to one instead.
_SECRET_NAME = re.compile(r"(?i)(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SIGNING)_?KEY)$")
_REFERENCE = re.compile(r"arn:[\w-]+:\S+|/\S*")
# AWS access keys, keys in PEM, tokens, and long random strings.
_SECRET_VALUE = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN|\beyJ[\w-]+\.[\w-]+\.|\b(sk|pk|ghp|xox[abp])[_-]\w{10,}"
    r"|(?<![\w/:.])(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/]{40,}={0,2}(?![\w/:.])"
)


def _invoked(permission: Resource) -> Iterator[str]:
    principal, source = str(permission.inputs.get("principal") or ""), permission.inputs.get("sourceArn")
    if not re.fullmatch(r"[a-z-]+(\.[a-z-]+)?\.amazonaws\.com", principal):
        yield f"principal must be one AWS service, got {shown(principal)}"
    if not source:
        yield "sourceArn must name what may invoke the function, got nothing"
    elif not is_narrow(str(source)):
        yield f"sourceArn must name one resource of one account, got {source}"


def _reserved_keys(function: Resource) -> Iterator[str]:
    reserved = [key for key in _variables(function) if _RESERVED.fullmatch(key)]
    if reserved:
        yield f"environment must set none of Lambda's own variables, got {shown(reserved)}"


def _secrets(function: Resource) -> Iterator[str]:
    """Report the names only: the text is printed and logged."""
    for key, value in _variables(function).items():
        text = str(value or "")
        # The component's SECRET_… variables hold the name of a secret, not the secret.
        named = _SECRET_NAME.search(key) and not key.startswith("SECRET_") and not _REFERENCE.fullmatch(text)
        if text and (named or _SECRET_VALUE.search(text)):
            yield f"environment must hold no secret, got one in {key}"


def _variables(function: Resource) -> Mapping[str, Any]:
    return at(function.inputs, "environment.variables") or {}


def _timeout(function: Resource) -> Iterator[str]:
    timeout = function.inputs.get("timeout")
    if timeout is None or not 5 <= timeout <= 29:
        yield f"timeout must be 5 to 29 seconds, got {shown(timeout)}"


def _memory(function: Resource) -> Iterator[str]:
    memory = function.inputs.get("memorySize") or 128
    if memory < 256:
        yield f"memorySize must be at least 256, got {shown(memory)}"


def _concurrency(function: Resource) -> Iterator[str]:
    reserved = function.inputs.get("reservedConcurrentExecutions")
    if reserved is None or reserved < 1:
        yield f"reservedConcurrentExecutions must be at least 1, got {shown(reserved)}"


def _logging(function: Resource) -> Iterator[str]:
    yield from wants(function, "loggingConfig.logFormat", "JSON")
    if not at(function.inputs, "loggingConfig.logGroup"):
        yield "loggingConfig.logGroup must name the function's own log group, got nothing"


def _outside(function: Resource) -> Iterator[str]:
    if subnets := at(function.inputs, "vpcConfig.subnetIds"):
        yield f"vpcConfig must not be set, got subnets {shown(subnets)}"


def _revocation(function: Resource) -> Iterator[str]:
    variables = at(function.inputs, "environment.variables") or {}
    if "COGNITO_USER_POOL_ID" in variables and not variables.get("REVOCATION_TABLE"):
        yield "environment must name the table of revoked tokens, got no REVOCATION_TABLE"


def _key(function: Resource) -> Iterator[str]:
    if not function.inputs.get("kmsKeyArn"):
        yield "kmsKeyArn must name a key of the account, got nothing"


_FURTHER = "of a further function the member of otherFunctions"

RULES = (
    ResourceRule(
        id="L-PERMISSION",
        severity=Severity.CRITICAL,
        title="Only one AWS service may invoke a function, for one resource of this account",
        remedy="principal and source_arn on the permission",
        sources=("SH Lambda.1", "CKV_AWS_301", "CKV_AWS_364", "LambdaFunctionPublicAccessProhibited"),
        types=(PERMISSION,),
        check=_invoked,
    ),
    ResourceRule(
        id="L-URL",
        severity=Severity.CRITICAL,
        title="A function has no function URL, or one that requires AWS credentials",
        remedy='authorization_type="AWS_IAM" on the function URL',
        sources=("CKV_AWS_258",),
        types=(URL,),
        check=lambda url: wants(url, "authorizationType", "AWS_IAM"),
    ),
    ResourceRule(
        id="L-SECRETS",
        severity=Severity.CRITICAL,
        title="No environment variable holds a secret: everybody who may read the function could read it",
        remedy="keep the secret in Secrets Manager or Parameter Store, and put its name in the variable",
        sources=("CKV_AWS_45",),
        types=(FUNCTION,),
        check=_secrets,
    ),
    ResourceRule(
        id="L-RESERVED",
        severity=Severity.HIGH,
        title="No environment variable has a name that Lambda reserves",
        remedy="rename the variable",
        sources=("Lambda: defined runtime environment variables",),
        types=(FUNCTION,),
        check=_reserved_keys,
    ),
    ResourceRule(
        id="L-KMS",
        severity=Severity.LOW,
        title="The environment is encrypted with a customer managed key",
        remedy="pulumi config set createKmsKey true",
        sources=("CKV_AWS_173",),
        environments=PRODUCTION,
        types=(FUNCTION,),
        check=_key,
    ),
    ResourceRule(
        id="L-REVOCATION",
        severity=Severity.MEDIUM,
        title="A token is refused after its user signed out or was disabled, though it has not expired",
        remedy="pulumi config set revocation true",
        sources=("ASVS 5.0 7.4.1", "ASVS 5.0 7.4.2"),
        environments=PRODUCTION,
        types=(FUNCTION,),
        check=_revocation,
    ),
    ResourceRule(
        id="L-RUNTIME",
        severity=Severity.MEDIUM,
        title="The runtime gets security updates",
        remedy="pulumi config set pythonVersion 3.13",
        sources=("L1", "SH Lambda.2"),
        types=(FUNCTION,),
        check=lambda function: wants(function, "runtime", *SUPPORTED),
    ),
    ResourceRule(
        id="L-CONCURRENCY",
        severity=Severity.MEDIUM,
        title="A function cannot use up the account's concurrency",
        remedy=f"pulumi config set reservedConcurrency 100; {_FURTHER}; of triggers triggerConcurrency 20",
        sources=("CKV_AWS_115", "LambdaConcurrency"),
        types=(FUNCTION,),
        check=_concurrency,
    ),
    ResourceRule(
        id="L-TIMEOUT",
        severity=Severity.MEDIUM,
        title="The timeout leaves time to fetch the signing keys, and is below API Gateway's 30 seconds",
        remedy=f"pulumi config set timeoutSeconds 10; {_FURTHER}",
        sources=("API Gateway: quotas, 30 s integration timeout",),
        types=(FUNCTION,),
        check=_timeout,
    ),
    ResourceRule(
        id="L-MEMORY",
        severity=Severity.LOW,
        title="A function has enough memory, and with it processor time, to start quickly",
        remedy=f"pulumi config set memoryMb 512; {_FURTHER}",
        sources=("Lambda: memory and computing power",),
        types=(FUNCTION,),
        check=_memory,
    ),
    ResourceRule(
        id="L-LOGS",
        severity=Severity.MEDIUM,
        title="A function logs JSON to a log group of this stack",
        remedy="logging_config on the function",
        sources=("CKV_AWS_66",),
        types=(FUNCTION,),
        check=_logging,
    ),
    ResourceRule(
        id="L-TRACING",
        severity=Severity.LOW,
        title="X-Ray traces the calls",
        remedy="pulumi config set tracing true",
        sources=("SH Lambda.7", "CKV_AWS_50"),
        types=(FUNCTION,),
        check=lambda function: wants(function, "tracingConfig.mode", "Active"),
    ),
    ResourceRule(
        id="L-VPC",
        severity=Severity.LOW,
        title="A function is in no VPC: without NAT it could not fetch the pool's public keys",
        remedy="remove the subnets, or suppress the rule with the way in which the function reaches Cognito",
        sources=("CKV_AWS_117 and SH Lambda.3 ask for the opposite",),
        types=(FUNCTION,),
        check=_outside,
    ),
)
