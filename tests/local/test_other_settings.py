"""The same program with the other answer to each sign-in setting, on an emulator of its own."""

from __future__ import annotations

import base64
import hmac
import json
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pycognito import AWSSRP

from local.deployment import Deployment
from local.provider import client
from local.users import Users, new_password
from stacks.command_line import CommandError
from stacks.mappings import MAPPINGS
from tests.own_program import brought_up

OTHER = {
    "aws:region": "eu-central-1",
    "emailAsUsername": "true",
    "acceptIdTokens": "true",
    "alarms": "true",
    "passwordSignIn": "false",
    "mfa": "required",
    "userPoolTier": "PLUS",
    "passwordHistory": "5",
    "refreshTokenRotation": "true",
    "refreshGraceSeconds": "1",
    "customAttributes": json.dumps([{"name": "team", "type": "String"}]),
    "appClients": json.dumps(
        [
            {"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]},
            {
                "name": "phone",
                "kind": "native",
                "callbackUrls": ["com.example.phone://back"],
                "logoutUrls": ["com.example.phone://bye"],
                "refreshTokenRotation": True,
            },
        ]
    ),
    "identityProviders": json.dumps(
        [{"name": "Work", "type": "oidc", "clientId": "here", "issuer": "https://login.example.com"}]
    ),
    "identityProviderSecrets": json.dumps({"Work": "made-up"}),
    # What the emulator lacks must come up too.
    "threatProtection": "enforced",
    "userEventLogs": "true",
    "managedLogin": "true",
    "signInDomain": "login.example.com",
    "signInCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e",
    "signInZoneId": "Z0123456789",
    "signInWebAcl": json.dumps({"create": True}),
}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, dict[str, Any]]]:
    """A stack in another region, with the other answer to each setting of sign-in."""
    with brought_up(tmp_path_factory.mktemp("other"), **OTHER) as made:
        yield made


@pytest.fixture(scope="module")
def other(deployment: tuple[Deployment, dict[str, Any]]) -> dict[str, Any]:
    """Its outputs: users have no user name but their email, ID tokens count, and a second factor is required."""
    return deployment[1]


@pytest.fixture(scope="module")
def cognito(deployment: tuple[Deployment, dict[str, Any]]) -> Any:
    return deployment[0].provider.client("cognito-idp")


PASSWORD = new_password()


@pytest.fixture(scope="module")
def users(other: dict[str, Any]) -> Users:
    return Users(other, PASSWORD)


@pytest.fixture(scope="module")
def tokens(users: Users) -> dict[str, Any]:
    return users.tokens(users.ensure("ada"), ["api/reports.read"])


def status(other: dict[str, Any], path: str, token: str) -> int:
    answer = requests.get(other["apiUrl"] + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return answer.status_code


def test_email_is_the_user_name(other: dict[str, Any], tokens: dict[str, Any]) -> None:
    """Cognito then makes the user name up; the API still says who called."""
    answer = requests.get(
        other["apiUrl"] + "/hello", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=30
    )
    assert answer.status_code == 200
    assert answer.json()["name"]


def test_id_token_is_accepted_where_the_setting_says_so_and_grants_no_scope(
    other: dict[str, Any], tokens: dict[str, Any]
) -> None:
    """Some front ends have nothing else; what it opens must stay little."""
    assert status(other, "/hello", tokens["id_token"]) == 200
    assert status(other, "/reports", tokens["id_token"]) == 403
    assert status(other, "/reports", tokens["access_token"]) == 200


def test_alarms_are_there_and_tell_the_encrypted_topic(other: dict[str, Any]) -> None:
    """The emulator never fires them, but takes every one of them as AWS would."""
    endpoint, region = other["awsEndpointUrl"], other["region"]
    (topic,) = client(endpoint, region, "sns").list_topics()["Topics"]
    attributes = client(endpoint, region, "sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    found = client(endpoint, region, "cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    telling = [each for each in found["MetricAlarms"] + found["CompositeAlarms"] if each["AlarmActions"]]

    assert attributes["KmsMasterKeyId"].startswith("arn:aws:kms:")
    assert len(telling) == 11
    assert all(each["AlarmActions"] == [topic["TopicArn"]] for each in telling)


def refreshed(other: dict[str, Any], token: str) -> requests.Response:
    """What the token endpoint says to a refresh token."""
    form = {"grant_type": "refresh_token", "client_id": other["userPoolClientId"], "refresh_token": token}
    return requests.post(f"{other['authDomain']}/oauth2/token", data=form, timeout=30)


def test_refresh_token_works_once_and_brings_the_next(other: dict[str, Any], users: Users, cognito: Any) -> None:
    """A stolen one ends with the thief's or the owner's next use, whichever comes second."""
    first = users.tokens(users.ensure("rosa"), ["api/reports.read"])["refresh_token"]
    answer = refreshed(other, first).json()
    second = answer["refresh_token"]

    assert second != first
    assert status(other, "/reports", answer["access_token"]) == 200
    assert refreshed(other, first).status_code == 200  # an answer that was lost on the way is asked for again
    time.sleep(1.1)
    late = refreshed(other, first)
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")

    client_id = other["userPoolClientId"]
    third = cognito.get_tokens_from_refresh_token(RefreshToken=second, ClientId=client_id)["AuthenticationResult"]
    assert status(other, "/hello", third["AccessToken"]) == 200
    assert third["RefreshToken"] not in {first, second}
    with pytest.raises(cognito.exceptions.RefreshTokenReuseException):
        cognito.get_tokens_from_refresh_token(RefreshToken=first, ClientId=client_id)


def test_rotating_client_does_not_refresh_by_initiate_auth(other: dict[str, Any], users: Users, cognito: Any) -> None:
    """Cognito refuses it: it would be a way around."""
    token = users.tokens(users.ensure("rosa"))["refresh_token"]
    with pytest.raises(cognito.exceptions.NotAuthorizedException, match="GetTokensFromRefreshToken"):
        cognito.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH",
            ClientId=other["userPoolClientId"],
            AuthParameters={"REFRESH_TOKEN": token},
        )


def test_revoking_the_last_refresh_token_ends_those_before(other: dict[str, Any], users: Users, cognito: Any) -> None:
    """They are one sign-in."""
    first = users.tokens(users.ensure("rosa"))["refresh_token"]
    second = refreshed(other, first).json()["refresh_token"]
    cognito.revoke_token(Token=second, ClientId=other["userPoolClientId"])

    assert refreshed(other, second).status_code == 400
    assert refreshed(other, first).status_code == 400


def totp(secret: str, at: float) -> str:
    """The code that an authenticator app shows (RFC 6238: HMAC-SHA1, 30 seconds, six digits)."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(at // 30)), "sha1")
    start = digest[-1] & 15
    return f"{int.from_bytes(digest[start : start + 4]) % 2**31 % 10**6:06}"


@pytest.fixture
def guarded(users: Users, cognito: Any) -> tuple[str, str]:
    """A user with an authenticator app: the name, and the secret that pool and app share."""
    name = users.ensure("grace")
    access = users.tokens(name)["access_token"]
    secret = cognito.associate_software_token(AccessToken=access)["SecretCode"]
    cognito.verify_software_token(AccessToken=access, UserCode=totp(secret, time.time()))
    return name, secret


def challenge_of(other: dict[str, Any], cognito: Any, name: str) -> dict[str, Any]:
    """What Cognito asks once the password is proven by SRP."""
    ids = {"pool_id": other["userPoolId"], "client_id": other["userPoolClientId"]}
    srp = AWSSRP(username=name, password=PASSWORD, client=cognito, **ids)
    asked = srp.get_auth_params()
    begun = cognito.initiate_auth(ClientId=other["userPoolClientId"], AuthFlow="USER_SRP_AUTH", AuthParameters=asked)
    answer: dict[str, Any] = cognito.respond_to_auth_challenge(
        ClientId=other["userPoolClientId"],
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=srp.process_challenge(begun["ChallengeParameters"], asked),
    )
    return answer


def test_second_factor_is_asked_for_and_its_code_signs_in(
    other: dict[str, Any], cognito: Any, guarded: tuple[str, str]
) -> None:
    """The password alone gives no token; the code of this half minute does, and the API takes it."""
    name, secret = guarded
    asked = challenge_of(other, cognito, name)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert "AuthenticationResult" not in asked

    done = cognito.respond_to_auth_challenge(
        ClientId=other["userPoolClientId"],
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": totp(secret, time.time())},
    )
    assert status(other, "/hello", done["AuthenticationResult"]["AccessToken"]) == 200


def test_wrong_code_is_refused(other: dict[str, Any], cognito: Any, guarded: tuple[str, str]) -> None:
    """Who has the password but not the app stays outside; so does a code from an hour ago."""
    name, secret = guarded
    asked = challenge_of(other, cognito, name)
    with pytest.raises(cognito.exceptions.CodeMismatchException):
        cognito.respond_to_auth_challenge(
            ClientId=other["userPoolClientId"],
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": totp(secret, time.time() - 3600)},
        )


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_rfc_6238(at: int, code: str) -> None:
    """The RFC's own examples (appendix B), in six digits: the test's app is one that the world has."""
    assert totp(base64.b32encode(b"12345678901234567890").decode(), at) == code


def test_machine_reaches_its_scopes_and_nothing_else(other: dict[str, Any], users: Users) -> None:
    """Client credentials: no person, so no route for people."""
    token = users.machine_token("nightly")

    assert status(other, "/reports", token) == 200
    assert status(other, "/hello", token) == 403
    assert status(other, "/admin", token) == 403


def test_machine_needs_its_secret(other: dict[str, Any]) -> None:
    """A client id is public: it stands in every token."""
    grant = {"grant_type": "client_credentials", "client_id": other["appClientIds"]["nightly"]}
    for secret in ({}, {"client_secret": "made-up"}):
        answer = requests.post(f"{other['authDomain']}/oauth2/token", data={**grant, **secret}, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("phone", "client must be a machine, got phone"),
        ("hourly", r"client must be one of appClients \(nightly, phone\)"),
    ],
)
def test_only_machines_get_a_machines_token(users: Users, name: str, said: str) -> None:
    """One line says which there are."""
    with pytest.raises(CommandError, match=said):
        users.machine_token(name)


def test_secret_of_a_machine_is_in_no_output(other: dict[str, Any], cognito: Any) -> None:
    """Outputs are written to a file that front ends read."""
    secret = cognito.describe_user_pool_client(
        UserPoolId=other["userPoolId"], ClientId=other["appClientIds"]["nightly"]
    )["UserPoolClient"]["ClientSecret"]

    assert secret
    assert secret not in json.dumps(other)


def test_emulator_holds_what_it_can(other: dict[str, Any], cognito: Any) -> None:
    """Settings reach a pool that somebody else describes."""
    pool = cognito.describe_user_pool(UserPoolId=other["userPoolId"])["UserPool"]
    factors = cognito.get_user_pool_mfa_config(UserPoolId=other["userPoolId"])
    domain = cognito.describe_user_pool_domain(Domain="login.example.com")["DomainDescription"]
    provider = cognito.describe_identity_provider(UserPoolId=other["userPoolId"], ProviderName="Work")

    assert (pool["UserPoolTier"], pool["UserPoolAddOns"]) == ("PLUS", {"AdvancedSecurityMode": "ENFORCED"})
    assert pool["Policies"]["PasswordPolicy"]["PasswordHistorySize"] == 5
    assert "custom:team" in {each["Name"] for each in pool["SchemaAttributes"]}
    assert (factors["MfaConfiguration"], factors["SoftwareTokenMfaConfiguration"]) == ("ON", {"Enabled": True})
    assert domain["ManagedLoginVersion"] == 2
    assert provider["IdentityProvider"]["ProviderDetails"]["client_secret"] == "made-up"


def test_what_is_missing_is_said(deployment: tuple[Deployment, dict[str, Any]]) -> None:
    """Only what this stack uses: a list of everything is read by nobody."""
    missing = deployment[0].provider.missing

    for type_ in ("route53/record:Record", "cognito/riskConfiguration:RiskConfiguration", "wafv2/webAcl:WebAcl"):
        assert MAPPINGS[f"aws:{type_}"].missing in missing
    assert not {*MAPPINGS["aws:cognito/userPool:UserPool"].without_effect.values()} & {*missing}
