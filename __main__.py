"""The stack: settings in, components wired, outputs exported."""

import gc

import pulumi

from components.api_function import ApiFunction, ApiFunctionArgs
from components.auth_pool import AuthPool, AuthPoolArgs
from components.bundle import ROOT, Target, build
from components.encryption import Encryption, EncryptionArgs
from components.execution_role import StatementArgs
from components.http_api import HttpApi, HttpApiArgs, RouteArgs, TargetArgs, ThrottleArgs
from components.item_table import ItemTable, ItemTableArgs
from components.monitoring import MonitoredFunctionArgs, Monitoring, MonitoringArgs
from components.pool_triggers import PoolTriggers, PoolTriggersArgs
from components.revocation import revocation_variables
from components.tags import tag_everything
from handler.routes import ROUTES
from settings import Settings

gc.disable()  # it would visit all of Pulumi's classes again and again: a twentieth of the time of a preview

settings = Settings.load(ROUTES)
tag_everything(settings.resource_tags)

target = Target.of(settings.package_platform, settings.function.architecture, settings.function.python_version)
handler_package = pulumi.FileArchive(str(build(ROOT / "handler", target, ROOT / ".build", report=pulumi.log.info)))
triggers_package = pulumi.FileArchive(str(build(ROOT / "triggers", target, ROOT / ".build")))

key_arn: pulumi.Input[str] | None = settings.kms_key_arn or None
kept_key: list[StatementArgs] = []  # rights of versions that are still encrypted with the key before
if settings.create_kms_key:
    protected = settings.sign_in.deletion_protection and key_arn is None  # until another key takes its place
    made = Encryption("encryption", EncryptionArgs(deletion_protection=protected)).key_arn
    kept_key = [StatementArgs(sid="DecryptBefore", actions=["kms:Decrypt"], resources=[made])] if key_arn else []
    key_arn = key_arn or made

triggers = PoolTriggers(
    "triggers",
    PoolTriggersArgs(
        package=triggers_package,
        triggers=settings.triggers,
        architecture=settings.function.architecture,
        python_version=settings.function.python_version,
        tracing=settings.function.tracing,
        log_retention_days=settings.log_retention_days,
        kms_key_arn=key_arn,
    ),
)

auth = AuthPool(
    "auth",
    AuthPoolArgs(
        region=settings.region,
        sign_in=settings.sign_in,
        sign_in_page=settings.sign_in_page,
        factors=settings.factors,
        clients=settings.clients,
        providers=settings.providers,
        protection=settings.protection,
        mail=settings.mail,
        scopes={scope: route.summary for route in ROUTES for scope in route.scopes},
        groups={
            **dict.fromkeys(settings.groups, ""),
            **{group: route.summary for route in ROUTES for group in route.groups},
        },
        triggers=triggers.triggers,
        log_retention_days=settings.log_retention_days,
        kms_key_arn=key_arn,
    ),
)

tables = {
    items: ItemTable(
        items.name,
        ItemTableArgs(
            partition_key=items.partition_key,
            sort_key=items.sort_key,
            expiry=items.expiry,
            deletion_protection=settings.sign_in.deletion_protection,
            kms_key_arn=key_arn,
        ),
    )
    for items in dict.fromkeys(items for route in ROUTES for items in route.items)
}

revocations = None
if settings.revocation.revocation:
    revocations = ItemTable(
        "revocations",
        ItemTableArgs(
            partition_key="subject",
            expiry="expires",
            deletion_protection=settings.sign_in.deletion_protection,
            kms_key_arn=key_arn,
        ),
    )

environment: dict[str, pulumi.Input[str]] = {
    "COGNITO_USER_POOL_ID": auth.user_pool_id,
    "COGNITO_CLIENT_IDS": auth.client_list,
    "COGNITO_TOKEN_USES": "access,id" if settings.accept_id_tokens else "access",
    **{items.variable: table.name for items, table in tables.items()},
    "LOG_LEVEL": settings.function.log_level.value,
}
if settings.api.resource_identifiers:
    environment["COGNITO_RESOURCES"] = " ".join(settings.api.resource_identifiers)
if revocations:
    environment |= revocation_variables(settings.revocation, revocations.name)
if settings.log_subject_salt:
    environment["LOG_SUBJECT_SALT"] = pulumi.Output.secret(settings.log_subject_salt)

functions: dict[str, ApiFunction] = {}
for name, options in settings.functions.items():
    # A function may do with a table what its own routes say, and nothing else.
    statements = [*kept_key]
    for items, item_table in tables.items():
        actions = sorted(
            {action for route in ROUTES if route.function == name for action in route.items.get(items, ())}
        )
        statements += item_table.grant(*actions, sid=f"Use{items.name.title().replace('-', '')}") if actions else []
    if revocations:
        statements += revocations.grant("BatchGetItem", sid="ReadRevocations")
    if any(route.revokes for route in ROUTES if route.function == name):
        statements.append(auth.sign_users_out())
        if revocations:
            statements += revocations.grant("UpdateItem", sid="RevokeUsers", keys="user#*")
    functions[name] = ApiFunction(
        "function" if name == "api" else f"function-{name}",
        ApiFunctionArgs(
            package=handler_package,
            entry_point="handler.app.lambda_handler",
            environment=environment,
            options=options,
            log_retention_days=settings.log_retention_days,
            kms_key_arn=key_arn,
            statements=statements,
        ),
    )

api = HttpApi(
    "api",
    HttpApiArgs(
        routes=[
            RouteArgs(
                key=route.key,
                function=route.function,
                public=route.public,
                scopes=route.scopes,
                headers=route.request_headers,
                throttle=ThrottleArgs(rate=route.throttle.rate, burst=route.throttle.burst) if route.throttle else None,
            )
            for route in ROUTES
        ],
        issuer=auth.issuer,
        audiences=auth.audiences,
        functions={
            name: TargetArgs(name=function.name, invoke_arn=function.invoke_arn, qualifier=function.qualifier)
            for name, function in functions.items()
        },
        options=settings.api,
        log_retention_days=settings.log_retention_days,
        kms_key_arn=key_arn,
    ),
)

monitoring = Monitoring(
    "monitoring",
    MonitoringArgs(
        region=settings.region,
        user_pool_id=auth.user_pool_id,
        user_pool_client_id=auth.client_id,
        additional_client_ids=auth.user_client_ids,
        identity_providers=[provider.name for provider in settings.providers.identity_providers],
        api_id=api.id,
        api_log_group=api.log_group,
        functions={
            name: MonitoredFunctionArgs(
                name=function.name,
                log_group=function.log_group,
                reserved_concurrency=function.reserved_concurrency,
            )
            for name, function in functions.items()
        },
        triggers=triggers.function_names,
        revocation=revocations is not None,
        web_acl_name=auth.web_acl_name,
        trigger_concurrency=settings.triggers.trigger_concurrency,
        options=settings.monitoring,
    ),
)

# What front ends build on (docs/contract.md).
pulumi.export("apiUrl", api.url)
pulumi.export("region", settings.region)
pulumi.export("userPoolId", auth.user_pool_id)
pulumi.export("userPoolClientId", auth.client_id)
pulumi.export("issuer", auth.issuer)
pulumi.export("authDomain", auth.domain)
pulumi.export("signIn", auth.sign_in)
if auth.client_ids:
    pulumi.export("appClientIds", auth.client_ids)
if auth.client_secrets:
    pulumi.export("appClientSecrets", auth.client_secrets)
pulumi.export("scopes", sorted({scope for route in ROUTES for scope in route.scopes}))
pulumi.export("routes", [route.key for route in ROUTES])
# What `python -m operations release` needs: each function with its alias, and the alarms that stop a release.
pulumi.export(
    "release",
    {
        "functions": {name: {"function": each.name, "alias": each.qualifier} for name, each in functions.items()},
        "alarms": list(monitoring.alarm_names.values()),
    },
)
# `python -m operations sign-out` and its kin write to it.
if revocations:
    table = {"table": revocations.name, "delaySeconds": settings.revocation.revocation_delay_seconds}
    pulumi.export("revocation", table)
