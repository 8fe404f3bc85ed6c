"""The stack: settings in, components wired, outputs exported. A component takes its group of settings whole."""

import pulumi

from components.api_function import ApiFunction, ApiFunctionArgs
from components.auth_pool import AuthPool, AuthPoolArgs
from components.bundle import ROOT, Target, build
from components.http_api import HttpApi, HttpApiArgs
from components.monitoring import Monitoring, MonitoringArgs
from components.pool_triggers import PoolTriggers, PoolTriggersArgs
from handler.routes import ROUTES
from settings import Settings

settings = Settings.load(ROUTES)
target = Target.of(settings.package_platform, settings.function.architecture, settings.function.python_version)
packages = {name: build(ROOT / name, target, ROOT / ".build") for name in ("handler", "triggers")}
trigger_args = PoolTriggersArgs(package=packages["triggers"], **settings.runtime, **vars(settings.triggers))
auth_args = AuthPoolArgs(
    region=settings.region,
    scopes={scope: route.summary for route in ROUTES for scope in route.scopes},
    groups=dict.fromkeys(settings.groups, "") | {group: route.summary for route in ROUTES for group in route.groups},
    triggers=PoolTriggers("triggers", trigger_args).functions,
    log_retention_days=settings.log_retention_days,
    **settings.auth,
)
auth = AuthPool("auth", auth_args)
function_args = ApiFunctionArgs(
    package=packages["handler"],
    entry_point="handler.app.lambda_handler",
    environment={
        "COGNITO_USER_POOL_ID": auth.user_pool_id,
        "COGNITO_CLIENT_IDS": auth.client_list,
        "COGNITO_TOKEN_USES": "access,id" if settings.accept_id_tokens else "access",
        "LOG_LEVEL": settings.function.log_level,
    },
    log_retention_days=settings.log_retention_days,
    **vars(settings.function),
)
function = ApiFunction("function", function_args)
api_args = HttpApiArgs(
    routes=ROUTES,
    issuer=auth.issuer,
    audiences=auth.audiences,
    functions={"api": function},
    log_retention_days=settings.log_retention_days,
    **vars(settings.api),
)
api = HttpApi("api", api_args)
watched = MonitoringArgs(region=settings.region, auth=auth, function=function, api=api, **vars(settings.monitoring))
Monitoring("monitoring", watched)
pulumi.export("apiUrl", api.url)
pulumi.export("region", settings.region)
for name, output in auth.exports.items():
    pulumi.export(name, output)
pulumi.export("scopes", sorted({scope for route in ROUTES for scope in route.scopes}))
pulumi.export("routes", [route.key for route in ROUTES])
