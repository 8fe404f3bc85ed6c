"""What AuthPool promises of its pool, its app client and what belongs to them."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from components.auth_pool import AuthPool, AuthPoolArgs
from stacks.recorder import REGION, Recording, record
from tests.components.arguments import arguments

REQUIRED: dict[str, Any] = {
    "region": REGION,
    "domain_prefix": "example-dev",
    "callback_urls": ("https://app.example.com/signed-in", "http://localhost:5173/"),
    "logout_urls": ("https://app.example.com/bye",),
}
SCOPES = {"api/reports.read": "Lists reports", "api/reports.write": "Changes reports", "billing/read": "Lists bills"}
GROUPS = {"admin": "Administers", "audit": "Reads what others did"}


def pool_of(**changes: Any) -> Recording:
    args = arguments(AuthPoolArgs, **{**REQUIRED, **changes})
    return record(lambda: AuthPool("auth", args))


@cache
def default() -> Recording:
    """What a caller gets who says nothing but what must be said."""
    return pool_of()


@cache
def full() -> Recording:
    return pool_of(scopes=SCOPES, groups=GROUPS)


def registered(recording: Recording) -> dict[str, Any]:
    return recording.registered[recording.one("AuthPool").urn]


class TestPool:
    def test_email_is_an_alias_beside_a_user_name(self) -> None:
        """The user name stays when somebody's email changes; who may sign in by email can by default."""
        inputs = default().one("UserPool").inputs

        assert inputs["aliasAttributes"] == ["email"]
        assert "usernameAttributes" not in inputs

    def test_email_can_be_the_only_user_name(self) -> None:
        """Alias and user-name attributes exclude each other: Cognito refuses a pool that has both."""
        inputs = pool_of(email_as_username=True).one("UserPool").inputs

        assert inputs["usernameAttributes"] == ["email"]
        assert "aliasAttributes" not in inputs

    def test_user_names_ignore_case(self) -> None:
        """`Ann` and `ann` as two users is how one takes the other's account."""
        assert default().one("UserPool").inputs["usernameConfiguration"] == {"caseSensitive": False}

    def test_email_is_verified_by_code(self) -> None:
        """An address that nobody has shown to be theirs must not count as theirs."""
        assert default().one("UserPool").inputs["autoVerifiedAttributes"] == ["email"]

    def test_changed_email_counts_once_it_is_verified(self) -> None:
        """Else a mistyped or hostile new address would receive the recovery code."""
        assert default().one("UserPool").inputs["userAttributeUpdateSettings"] == {
            "attributesRequireVerificationBeforeUpdates": ["email"]
        }

    def test_accounts_are_recovered_by_verified_email_only(self) -> None:
        """Text messages can be hijacked, and an unverified address may be anybody's."""
        assert default().one("UserPool").inputs["accountRecoverySetting"] == {
            "recoveryMechanisms": [{"name": "verified_email", "priority": 1}]
        }

    @pytest.mark.parametrize("self_sign_up", [True, False])
    def test_sign_up_is_open_only_where_it_is_wanted(self, self_sign_up: bool) -> None:
        """Cognito asks the opposite question, which is easily answered wrongly."""
        inputs = pool_of(self_sign_up=self_sign_up).one("UserPool").inputs

        assert inputs["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": not self_sign_up}

    def test_passwords_have_twelve_characters_of_all_four_classes(self) -> None:
        """A temporary password, which travels by email, lives one day."""
        assert default().one("UserPool").inputs["passwordPolicy"] == {
            "minimumLength": 12,
            "requireLowercase": True,
            "requireUppercase": True,
            "requireNumbers": True,
            "requireSymbols": True,
            "temporaryPasswordValidityDays": 1,
        }

    def test_longer_passwords_can_be_asked_for(self) -> None:
        """The setting must reach the pool."""
        policy = pool_of(password_minimum_length=20).one("UserPool").inputs["passwordPolicy"]

        assert policy["minimumLength"] == 20

    @pytest.mark.parametrize("tier", ["LITE", "ESSENTIALS", "PLUS"])
    def test_tier_is_said(self, tier: str) -> None:
        """What a pool can do, and costs, depends on it; Cognito's own default has changed before."""
        assert pool_of(user_pool_tier=tier).one("UserPool").inputs["userPoolTier"] == tier

    def test_old_passwords_may_come_back_unless_told_otherwise(self) -> None:
        """A history needs a tier above LITE; where it is wanted it must reach the pool."""
        policies = [pool_of(password_history=size).one("UserPool").inputs["passwordPolicy"] for size in (0, 5)]

        assert [policy.get("passwordHistorySize") for policy in policies] == [None, 5]

    def test_custom_attributes_are_added_as_told(self) -> None:
        """Cognito compares all of an attribute: one that differs from what it has is a change, which it refuses."""
        assert "schemas" not in default().one("UserPool").inputs
        attributes = [
            {"name": "team", "type": "String", "mutable": True, "writable": False},
            {"name": "level", "type": "Number", "mutable": False, "writable": False},
        ]
        assert pool_of(custom_attributes=attributes).one("UserPool").inputs["schemas"] == [
            {
                "name": "team",
                "attributeDataType": "String",
                "mutable": True,
                "stringAttributeConstraints": {"minLength": "0", "maxLength": "2048"},
            },
            {"name": "level", "attributeDataType": "Number", "mutable": False, "numberAttributeConstraints": {}},
        ]

    def test_users_write_no_attribute_that_is_not_said_to_be_theirs(self) -> None:
        """Cognito lets them by default, with an access token alone: whoever likes would be of any tenant or plan."""
        assert not any(name.startswith("custom:") for name in default().one("UserPoolClient").inputs["writeAttributes"])
        attributes = [
            {"name": "tenant", "type": "String", "mutable": True, "writable": False},
            {"name": "theme", "type": "String", "mutable": True, "writable": True},
        ]
        clients = pool_of(custom_attributes=attributes).all("UserPoolClient")

        for client in clients:
            assert "custom:theme" in client.inputs["writeAttributes"]
            assert {"email", "name", "preferred_username"} <= {*client.inputs["writeAttributes"]}
            assert "custom:tenant" not in client.inputs["writeAttributes"]

    def test_pool_is_protected_unless_told_otherwise(self) -> None:
        """Losing the pool loses every user. Cognito refuses the delete; Pulumi refuses the replacement, at preview."""
        pool = default().one("UserPool")

        assert pool.inputs["deletionProtection"] == "ACTIVE"
        assert pool.protect

    def test_protection_goes_off_as_a_whole(self) -> None:
        """A development stack must go in one `pulumi destroy`."""
        pool = pool_of(deletion_protection=False).one("UserPool")

        assert pool.inputs["deletionProtection"] == "INACTIVE"
        assert not pool.protect

    def test_only_the_pool_is_protected(self) -> None:
        """A protected app client or domain could not be renamed or replaced without editing the state by hand."""
        assert [resource.kind for resource in default().resources if resource.protect] == ["UserPool"]


class TestClient:
    def test_client_has_no_secret(self) -> None:
        """A browser cannot keep one, and SRP from a browser fails where there is one."""
        assert default().one("UserPoolClient").inputs["generateSecret"] is False

    def test_client_belongs_to_the_pool(self) -> None:
        """A client of another pool issues tokens that nobody here accepts."""
        assert default().one("UserPoolClient").inputs["userPoolId"] == default().one("UserPool").id

    def test_passwords_are_never_sent_by_default(self) -> None:
        """SRP proves a password without sending it; refresh is what keeps people signed in."""
        flows = default().one("UserPoolClient").inputs["explicitAuthFlows"]

        assert sorted(flows) == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]

    def test_password_sign_in_takes_an_explicit_word(self) -> None:
        """Tests and tools need it; it adds one flow and no administrator's flow."""
        flows = pool_of(password_sign_in=True).one("UserPoolClient").inputs["explicitAuthFlows"]

        assert sorted(flows) == ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]

    def test_sign_in_page_uses_the_code_flow_only(self) -> None:
        """The implicit flow puts tokens into the address bar, the history and the referrer."""
        inputs = default().one("UserPoolClient").inputs

        assert inputs["allowedOauthFlows"] == ["code"]
        assert inputs["allowedOauthFlowsUserPoolClient"] is True

    def test_people_sign_in_with_this_pool(self) -> None:
        """No other identity provider is let in unsaid, and without one the sign-in page is empty."""
        assert default().one("UserPoolClient").inputs["supportedIdentityProviders"] == ["COGNITO"]

    def test_urls_are_exactly_the_given_ones(self) -> None:
        """A redirect to any other address hands the code to whoever owns it."""
        inputs = default().one("UserPoolClient").inputs

        assert inputs["callbackUrls"] == list(REQUIRED["callback_urls"])
        assert inputs["logoutUrls"] == list(REQUIRED["logout_urls"])

    def test_strangers_cannot_find_out_who_has_an_account(self) -> None:
        """Cognito's own default, LEGACY, answers differently for a user that does not exist."""
        assert default().one("UserPoolClient").inputs["preventUserExistenceErrors"] == "ENABLED"

    def test_refresh_tokens_can_be_revoked(self) -> None:
        """Signing out everywhere does nothing without it."""
        assert default().one("UserPoolClient").inputs["enableTokenRevocation"] is True

    def test_lifetimes_carry_their_units(self) -> None:
        """Cognito counts access and ID tokens in hours where no unit is given: 15 would be 15 hours."""
        inputs = pool_of(access_token_minutes=20, refresh_token_days=7).one("UserPoolClient").inputs

        assert inputs["accessTokenValidity"] == 20
        assert inputs["idTokenValidity"] == 20
        assert inputs["refreshTokenValidity"] == 7
        assert inputs["tokenValidityUnits"] == {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"}

    def test_tokens_live_a_quarter_of_an_hour_by_default(self) -> None:
        """A revoked access token still works until it ends, at the gateway and in the function."""
        assert default().one("UserPoolClient").inputs["accessTokenValidity"] == 15

    def test_client_may_ask_for_every_scope_of_the_routes(self) -> None:
        """A scope that the client may not ask for can never stand in a token: its routes would answer 403 to all."""
        assert full().one("UserPoolClient").inputs["allowedOauthScopes"] == ["openid", "email", "profile", *SCOPES]

    def test_client_asks_for_no_administration_scope(self) -> None:
        """`aws.cognito.signin.user.admin` lets a stolen access token change the account itself."""
        assert "aws.cognito.signin.user.admin" not in full().one("UserPoolClient").inputs["allowedOauthScopes"]

    def test_client_waits_for_the_scopes(self) -> None:
        """Cognito refuses a client whose scopes do not exist yet, and no input says so to Pulumi."""
        client = full().one("UserPoolClient")

        assert all(full().waits_for(client, server) for server in full().all("ResourceServer"))


class TestScopesAndGroups:
    def test_each_resource_server_has_its_scopes(self) -> None:
        """Scopes exist only as part of a server; its identifier is what stands before the slash in a token."""
        servers = {each.inputs["identifier"]: each.inputs["scopes"] for each in full().all("ResourceServer")}

        assert servers == {
            "api": [
                {"scopeName": "reports.read", "scopeDescription": "Lists reports"},
                {"scopeName": "reports.write", "scopeDescription": "Changes reports"},
            ],
            "billing": [{"scopeName": "read", "scopeDescription": "Lists bills"}],
        }

    def test_an_identifier_may_be_an_address(self) -> None:
        """Identifiers with slashes sort between each other's scopes; each must still become one server."""
        api = "https://api.example.com"
        scopes = {f"{api}/read": "Reads", f"{api}/v2/read": "Reads version 2", f"{api}/write": "Writes"}
        servers = pool_of(scopes=scopes).all("ResourceServer")

        assert {each.inputs["identifier"]: len(each.inputs["scopes"]) for each in servers} == {api: 2, f"{api}/v2": 1}

    def test_groups_exist_in_the_pool(self) -> None:
        """A group that is nowhere made can be nobody's: its routes would answer 403 to all."""
        groups = {each.inputs["name"]: each.inputs for each in full().all("UserGroup")}

        assert {name: inputs["description"] for name, inputs in groups.items()} == GROUPS
        assert {inputs["userPoolId"] for inputs in groups.values()} == {full().one("UserPool").id}

    def test_groups_give_no_aws_role(self) -> None:
        """A role on a group turns a user of the API into a user of the AWS account."""
        assert all("roleArn" not in group.inputs for group in full().all("UserGroup"))

    def test_no_scopes_make_no_resource_server(self) -> None:
        """An empty one would be there for nothing."""
        assert default().all("ResourceServer") == []


class TestOutputs:
    def test_issuer_is_the_pools_address(self) -> None:
        """The gateway compares it with a token's `iss` as text: scheme, region, pool, and no slash at the end."""
        pool_id = default().one("UserPool").id

        assert registered(default())["issuer"] == f"https://cognito-idp.{REGION}.amazonaws.com/{pool_id}"

    def test_ids_are_those_of_pool_and_client(self) -> None:
        """The function accepts tokens of exactly this pool and this client."""
        assert registered(default())["user_pool_id"] == default().one("UserPool").id
        assert registered(default())["client_id"] == default().one("UserPoolClient").id

    def test_domain_is_the_sign_in_pages_address(self) -> None:
        """Front ends start sign-in there; the prefix alone would be no address."""
        domain = default().one("UserPoolDomain")

        assert domain.inputs["userPoolId"] == default().one("UserPool").id
        assert registered(default())["domain"] == f"https://example-dev.auth.{REGION}.amazoncognito.com"

    @pytest.mark.parametrize("email_as_username", [False, True])
    def test_sign_in_says_what_the_resources_are_made_of(self, email_as_username: bool) -> None:
        """A front end checks a new password, and names its return address, by these: another value is refused."""
        made = pool_of(scopes=SCOPES, groups=GROUPS, email_as_username=email_as_username, password_minimum_length=20)
        pool, client = made.one("UserPool").inputs, made.one("UserPoolClient").inputs
        policy = {key: value for key, value in pool["passwordPolicy"].items() if "temporary" not in key}

        assert registered(made)["sign_in"] == {
            "callbackUrls": client["callbackUrls"],
            "logoutUrls": client["logoutUrls"],
            "scopes": client["allowedOauthScopes"],
            "signInWith": pool.get("usernameAttributes", ["username", *pool.get("aliasAttributes", [])]),
            "selfSignUp": not pool["adminCreateUserConfig"]["allowAdminCreateUserOnly"],
            "passwordPolicy": policy,
            "identityProviders": [],
            "firstFactors": ["PASSWORD"],
            "passkeys": {"relyingPartyId": "", "userVerification": "required"},
            "mfa": pool.get("mfaConfiguration", "OFF"),
            "mfaMethods": ["TOTP"] if pool["softwareTokenMfaConfiguration"]["enabled"] else [],
            "groups": sorted(each.inputs["name"] for each in made.all("UserGroup")),
        }


class TestArgs:
    """What Cognito would refuse half-way through a deployment is refused before the first resource exists."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"password_minimum_length": 99, "access_token_minutes": 5, "refresh_token_days": 1},
            {"access_token_minutes": 1440, "refresh_token_days": 3650},
            {"scopes": {f"api/{number}": "One of many" for number in range(47)}},
        ],
    )
    def test_the_limits_themselves_are_accepted(self, changes: dict[str, Any]) -> None:
        """A limit that is off by one refuses what Cognito takes, or passes what it refuses."""
        assert pool_of(**changes).one("UserPool")
