"""What each resource of the program becomes in the emulator: tables from Pulumi type to AWS API calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings import api_gateway, cognito, data, functions, names, watching
from stacks.mappings.mapping import ACCOUNT, Endpoint, ResourceMapping, Values

__all__ = ["ANSWERS", "MAPPINGS", "NOT_EMULATED", "Endpoint", "ResourceMapping", "Values"]

MAPPINGS: Mapping[str, ResourceMapping] = {
    **cognito.MAPPINGS,
    **api_gateway.MAPPINGS,
    **functions.MAPPINGS,
    **watching.MAPPINGS,
    **data.MAPPINGS,
    **names.MAPPINGS,
}

# What AWS answers to the program's questions, by token.
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "userId": ACCOUNT,
    },
}

# What AWS enforces and the emulator does not: held by unit tests, and said by `up`.
NOT_EMULATED = (
    "throttles and reserved concurrency",
    "the invoke permission, the function's role, its VPC and its key",
    "an alias's weights and provisioned concurrency",
    "TLS and clients' certificates on an own domain",
    "reserved environment keys",
    "closed sign-up and sign-in flows that are off",
    "processor and Python version of the function",
    "delivery of the access log",
    "metrics of any kind: what metric filters, dashboard and alarms would show",
    "email (nothing is sent, and any confirmation code is right)",
    "pre sign-up of users that administrators create, and post confirmation",
)
