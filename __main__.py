"""The stack: settings in, components wired, outputs exported. A component takes its group of settings whole."""

import pulumi

from components.api_function import ApiFunction, ApiFunctionArgs
from components.auth_pool import AuthPool, AuthPoolArgs
from components.bundle import ROOT, Target, build
from components.encryption import Encryption, EncryptionArgs
from components.http_api import HttpApi, HttpApiArgs
from components.item_table import ItemTable, ItemTableArgs
from components.monitoring import Monitoring, MonitoringArgs
from components.pool_triggers import PoolTriggers, PoolTriggersArgs
from components.tags import tag_everything
from handler.routes import ROUTES
from settings import Settings

settings = Settings.load(ROUTES)
target = Target.of(settings.package_platform, settings.function.architecture, settings.function.python_version)
tag_everything(settings.resource_tags)
key = Encryption("encryption", EncryptionArgs()).key_arn if settings.create_kms_key else settings.kms_key_arn or None
packages = {name: build(ROOT / name, target, ROOT / ".build") for name in ("handler", "triggers")}
common = {"kms_key_arn": key, **settings.runtime}
trigger_args = PoolTriggersArgs(package=packages["triggers"], **common, **vars(settings.triggers))
triggers = PoolTriggers("triggers", trigger_args).functions
auth_args = AuthPoolArgs(
    scopes={scope: route.summary for route in ROUTES for scope in route.scopes},
    groups=dict.fromkeys(settings.groups, "") | {group: route.summary for route in ROUTES for group in route.groups},
    triggers=triggers,
    **settings.auth,
)
auth = AuthPool("auth", auth_args)
notes = ItemTable("notes", ItemTableArgs(keys=("owner", "id"), deletion_protection=auth_args.deletion_protection))
functions: dict[str, ApiFunction] = {}
for name, own in settings.functions.items():
    items = sorted({action for route in ROUTES if route.function == name for action in route.items})
    function_args = ApiFunctionArgs(
        package=packages["handler"],
        entry_point="handler.app.lambda_handler",
        environment={
            "COGNITO_USER_POOL_ID": auth.user_pool_id,
            "COGNITO_CLIENT_IDS": auth.client_list,
            "COGNITO_TOKEN_USES": "access,id" if settings.accept_id_tokens else "access",
            "NOTES_TABLE": notes.name,
            **settings.log_environment,
        },
        statements=[notes.grant(*items)] if items else [],
        kms_key_arn=key,
        **own,
    )
    functions[name] = ApiFunction("function" if name == "api" else f"function-{name}", function_args)
reached = {"issuer": auth.issuer, "audiences": auth.audiences, "functions": functions, **vars(settings.api)}
api_args = HttpApiArgs(routes=ROUTES, log_retention_days=settings.log_retention_days, kms_key_arn=key, **reached)
api = HttpApi("api", api_args)
watched = {"auth": auth, "functions": functions, "triggers": triggers, "api": api, **vars(settings.monitoring)}
monitoring = Monitoring("monitoring", MonitoringArgs(region=settings.region, **watched))
outputs = {"apiUrl": api.url, "region": settings.region, "release": functions["api"].released(monitoring.alarm_names)}
table = {"scopes": sorted(auth_args.scopes), "routes": [route.key for route in ROUTES]}
for name, output in {**outputs, **auth.exports, **table}.items():
    pulumi.export(name, output)
