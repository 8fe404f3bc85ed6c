"""Users that the commands create follow the stack's settings of sign-in: they can sign in whatever these say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from components.custom_attributes import AttributeType
from components.second_factors import AccountRecovery, FirstFactor, Mfa, SecondFactor
from local.users import Users, new_password
from proof.target import of_outputs
from proof.users import TemporaryUsers
from tests.own_program import brought_up

SES = {
    "emailFrom": "hello@example.com",
    "emailSourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    "accountRecovery": "administrators",
}
ATTRIBUTES = [
    {"name": f"a{number}", "type": type_, "mutable": mutable, "writable": mutable and writable}
    for number, (type_, mutable, writable) in enumerate(itertools.product(AttributeType, (True, False), (True, False)))
]
STACKS: tuple[Mapping[str, Any], ...] = (
    {"mfa": "off", "emailAsUsername": True, "signUpEmailDomains": ["shop.example", "example.org"]},
    {"mfa": "optional", "mfaMethods": ["totp"], "firstFactors": ["password", "passkey"], "managedLogin": True},
    {"mfa": "optional", "mfaMethods": ["email"], **SES},
    {"mfa": "optional", "firstFactors": ["password", "email"], "managedLogin": True, **SES},
    {"mfa": "required", "mfaMethods": ["totp"], "accountRecovery": "email", "emailAsUsername": True},
    {"mfa": "required", "mfaMethods": ["totp", "email"], "signUpEmailDomains": ["shop.example"], **SES},
    {"selfSignUp": False, "customAttributes": ATTRIBUTES, "defaultGroup": "member", "groups": ["member"]},
)


def test_stacks_are_the_whole_range() -> None:
    """A value that a setting gets later must be among them."""
    for setting, kind in (
        ("mfa", Mfa),
        ("mfaMethods", SecondFactor),
        ("firstFactors", FirstFactor),
        ("accountRecovery", AccountRecovery),
    ):
        values = [stack[setting] for stack in STACKS if setting in stack]
        seen = {each for value in values for each in ([value] if isinstance(value, str) else value)}
        assert seen == {each.value for each in kind}, setting


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: json.dumps(stack)[:60])
@pytest.mark.acceptance
def test_created_users_sign_in(stack: Mapping[str, Any], tmp_path: Path) -> None:
    """The demo user of `make up`, and the users of smoke and attack: confirmed, with a verified address."""
    with brought_up(tmp_path, **stack) as (deployment, outputs):
        cognito = deployment.provider.client("cognito-idp")
        users = Users(outputs, new_password(outputs))
        name = users.ensure("ada", ["admin"])
        made = cognito.admin_get_user(UserPoolId=outputs["userPoolId"], Username=name)
        attributes = {each["Name"]: each["Value"] for each in made["UserAttributes"]}
        assert made["UserStatus"] == "CONFIRMED"
        assert (attributes["email"], attributes["email_verified"]) == ("ada@example.com", "true")
        token = users.tokens(name)["access_token"]
        answer = requests.get(f"{outputs['apiUrl']}/admin", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == 200
        with TemporaryUsers(of_outputs(outputs, None)) as temporary:
            temporary.of_other_client(temporary.user())
