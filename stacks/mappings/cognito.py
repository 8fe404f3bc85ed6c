"""Mappings of Amazon Cognito's resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from stacks.mappings.mapping import (
    CannotChange,
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    known_by,
    nested,
    pascal,
    renamed,
    same,
)

_CLOUDFRONT = "Z2FDTNDATAQYW2"  # the hosted zone of every CloudFront distribution (Route 53, AliasTarget)


def _user_pool(answer: Values, _: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    pool_id = answer["UserPool"]["Id"]
    return pool_id, {
        "arn": emulator.arn("cognito-idp", f"userpool/{pool_id}"),
        "endpoint": f"cognito-idp.{emulator.region}.amazonaws.com/{pool_id}",
    }


def _deployed_user_pool(pool: Deployed) -> tuple[str, dict[str, Any]]:
    pool_id = f"{pool.region}_{pool.digest[:9]}"
    return pool_id, {
        "name": pool.physical_name,
        "arn": pool.arn("cognito-idp", f"userpool/{pool_id}"),
        "endpoint": f"cognito-idp.{pool.region}.amazonaws.com/{pool_id}",
    }


def _deployed_client(client: Deployed) -> tuple[str, dict[str, Any]]:
    secret = client.digest if client.inputs.get("generateSecret") else ""
    return client.digest[:26], {"name": client.physical_name, "clientSecret": secret}


def _second_factor(parameter: str) -> Callable[[Any, Any, Values], object]:
    """Set a second factor, which has a call of its own. In the emulator that call leaves the other factors alone."""

    def set_it(client: Any, value: Any, sent: Values) -> None:
        client.set_user_pool_mfa_config(UserPoolId=sent["UserPoolId"], **{parameter: pascal(value)})

    return set_it


def _add_attributes(client: Any, sent: Values) -> None:
    """Add custom attributes. CannotChange if one would change or go, which Cognito does not allow."""
    pool = client.describe_user_pool(UserPoolId=sent["UserPoolId"])["UserPool"]
    custom = [each for each in pool["SchemaAttributes"] if each["Name"].startswith("custom:")]
    there = {each["Name"].removeprefix("custom:"): each for each in custom}
    wanted = {each["Name"]: each for each in sent.get("Schema", [])}
    for name, attribute in there.items():
        same = ("AttributeDataType", "Mutable")
        if name not in wanted or any(wanted[name][key] != attribute[key] for key in same):
            raise CannotChange(
                f"custom attribute {name} can neither change nor go while the pool lives; restart the stack"
            )
    if new := [attribute for name, attribute in wanted.items() if name not in there]:
        client.add_custom_attributes(UserPoolId=sent["UserPoolId"], CustomAttributes=new)


def _domain(answer: Values, sent: Values, _: Endpoint) -> tuple[str, dict[str, Any]]:
    cloudfront = {"cloudfrontDistribution": answer.get("CloudFrontDomain"), "cloudfrontDistributionZoneId": _CLOUDFRONT}
    return sent["Domain"], cloudfront if "CustomDomainConfig" in sent else {}


def _deployed_domain(domain: Deployed) -> tuple[str, dict[str, Any]]:
    cloudfront = {"cloudfrontDistribution": "d111.cloudfront.net", "cloudfrontDistributionZoneId": _CLOUDFRONT}
    return domain.inputs["domain"], cloudfront if "certificateArn" in domain.inputs else {}


def _style(document: str) -> dict[str, Any]:
    return {"Settings": json.loads(document)}


def _admin_create_user_config(value: Values) -> dict[str, Any]:
    """Return the parameter; of its messages, `smsMessage` is SMSMessage in the API."""
    config = pascal(value)
    messages = config.get("InviteMessageTemplate", {})
    if "SmsMessage" in messages:
        messages["SMSMessage"] = messages.pop("SmsMessage")
    return {"AdminCreateUserConfig": config}


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:cognito/userPool:UserPool": ResourceMapping(
        service="cognito-idp",
        call="create_user_pool",
        update="update_user_pool",
        delete="delete_user_pool",
        identity="UserPoolId",
        kept="every user",
        describe="describe_user_pool",
        name="PoolName",
        inputs={
            **same("usernameAttributes", "aliasAttributes", "usernameConfiguration", "autoVerifiedAttributes"),
            **same("accountRecoverySetting", "deletionProtection", "lambdaConfig"),
            "adminCreateUserConfig": _admin_create_user_config,
            **same("userPoolTier", "userPoolAddOns", "mfaConfiguration"),
            "schemas": nested("Schema"),
            "passwordPolicy": nested("Policies", "PasswordPolicy"),
            "signInPolicy": nested("Policies", "SignInPolicy"),
            "emailConfiguration": renamed(
                "EmailConfiguration",
                {
                    "emailSendingAccount": "EmailSendingAccount",
                    "fromEmailAddress": "From",
                    "sourceArn": "SourceArn",
                    "replyToEmailAddress": "ReplyToEmailAddress",
                    "configurationSet": "ConfigurationSet",
                },
            ),
            "tags": "UserPoolTags",
            "userAttributeUpdateSettings": renamed(
                "UserAttributeUpdateSettings",
                {"attributesRequireVerificationBeforeUpdates": "AttributesRequireVerificationBeforeUpdate"},
            ),
        },
        then={
            "softwareTokenMfaConfiguration": _second_factor("SoftwareTokenMfaConfiguration"),
            "emailMfaConfiguration": _second_factor("EmailMfaConfiguration"),
            "webAuthnConfiguration": _second_factor("WebAuthnConfiguration"),
        },
        changes={"Schema": _add_attributes},
        without_effect={"webAuthnConfiguration": "passkeys", "emailMfaConfiguration": "second factors by email"},
        outputs=_user_pool,
        deployed=_deployed_user_pool,
    ),
    "aws:cognito/userPoolClient:UserPoolClient": ResourceMapping(
        service="cognito-idp",
        call="create_user_pool_client",
        update="update_user_pool_client",
        delete="delete_user_pool_client",
        identity="ClientId",
        name="ClientName",
        inputs={
            **same("userPoolId", "generateSecret", "explicitAuthFlows", "supportedIdentityProviders"),
            **same("allowedOauthFlowsUserPoolClient", "callbackUrls", "logoutUrls", "preventUserExistenceErrors"),
            **same("enableTokenRevocation", "accessTokenValidity", "idTokenValidity", "refreshTokenValidity"),
            **same("tokenValidityUnits", "refreshTokenRotation", "writeAttributes"),
            "allowedOauthFlowsUserPoolClient": "AllowedOAuthFlowsUserPoolClient",
            "allowedOauthFlows": "AllowedOAuthFlows",
            "allowedOauthScopes": "AllowedOAuthScopes",
            "callbackUrls": "CallbackURLs",
            "logoutUrls": "LogoutURLs",
        },
        outputs=lambda answer, _sent, _emulator: (
            answer["UserPoolClient"]["ClientId"],
            {"clientSecret": answer["UserPoolClient"].get("ClientSecret")},
        ),
        deployed=_deployed_client,
    ),
    "aws:cognito/resourceServer:ResourceServer": ResourceMapping(
        service="cognito-idp",
        call="create_resource_server",
        update="update_resource_server",
        delete="delete_resource_server",
        inputs=same("userPoolId", "identifier", "name", "scopes"),
        outputs=known_by("UserPoolId", "Identifier"),
    ),
    "aws:cognito/userGroup:UserGroup": ResourceMapping(
        service="cognito-idp",
        call="create_group",
        update="update_group",
        delete="delete_group",
        inputs={**same("userPoolId", "description"), "name": "GroupName"},
        outputs=known_by("UserPoolId", "GroupName"),
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": ResourceMapping(
        service="cognito-idp",
        call="create_user_pool_domain",
        update="update_user_pool_domain",
        delete="delete_user_pool_domain",
        inputs={
            **same("domain", "userPoolId", "managedLoginVersion"),
            "certificateArn": lambda arn: {"CustomDomainConfig": {"CertificateArn": arn}},
        },
        outputs=_domain,
        deployed=_deployed_domain,
    ),
    "aws:cognito/identityProvider:IdentityProvider": ResourceMapping(
        service="cognito-idp",
        call="create_identity_provider",
        update="update_identity_provider",
        delete="delete_identity_provider",
        inputs={
            **same("userPoolId", "providerName", "providerType"),
            # The providers, not AWS, define the names of the members.
            "providerDetails": "ProviderDetails",
            "attributeMapping": "AttributeMapping",
        },
        outputs=known_by("UserPoolId", "ProviderName"),
    ),
    "aws:cognito/riskConfiguration:RiskConfiguration": ResourceMapping(
        service="cognito-idp",
        call="set_risk_configuration",
        missing="threat protection",
        inputs={
            "userPoolId": "UserPoolId",
            "accountTakeoverRiskConfiguration": nested("AccountTakeoverRiskConfiguration"),
            "compromisedCredentialsRiskConfiguration": nested("CompromisedCredentialsRiskConfiguration"),
        },
        outputs=known_by("UserPoolId"),
    ),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": ResourceMapping(
        service="cognito-idp",
        call="set_log_delivery_configuration",
        missing="delivery of user activity logs",
        inputs=same("userPoolId", "logConfigurations"),
        outputs=known_by("UserPoolId"),
    ),
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": ResourceMapping(
        service="cognito-idp",
        call="create_managed_login_branding",
        missing="branding of the managed login pages",
        inputs={**same("userPoolId", "clientId", "useCognitoProvidedValues"), "settings": _style},
        outputs=known_by("UserPoolId", "ClientId"),
    ),
}
