"""The stack: settings in, components wired, outputs exported."""

from pathlib import Path

import pulumi

from components.api_function import ApiFunction, ApiFunctionArgs
from components.auth_pool import AuthPool, AuthPoolArgs
from components.bundle import Target, build
from components.http_api import HttpApi, HttpApiArgs
from handler.routes import ROUTES
from settings import Settings

here = Path(__file__).parent
settings = Settings.load()
on_host = settings.package_platform == "host"
target = (
    Target.host() if on_host else Target(architecture=settings.architecture, python_version=settings.python_version)
)

auth = AuthPool(
    "auth",
    AuthPoolArgs(
        region=settings.region,
        domain_prefix=settings.domain_prefix,
        callback_urls=settings.callback_urls,
        logout_urls=settings.logout_urls,
        scopes={scope: route.summary for route in ROUTES for scope in route.scopes},
        groups={group: route.summary for route in ROUTES for group in route.groups},
        email_as_username=settings.email_as_username,
        self_sign_up=settings.self_sign_up,
        password_sign_in=settings.password_sign_in,
        password_minimum_length=settings.password_minimum_length,
        access_token_minutes=settings.access_token_minutes,
        refresh_token_days=settings.refresh_token_days,
        deletion_protection=settings.deletion_protection,
    ),
)
function = ApiFunction(
    "function",
    ApiFunctionArgs(
        package=build(here / "handler", target, here / ".build"),
        entry_point="handler.app.lambda_handler",
        environment={
            "COGNITO_USER_POOL_ID": auth.user_pool_id,
            "COGNITO_CLIENT_IDS": auth.client_id,
            "COGNITO_TOKEN_USES": "access,id" if settings.accept_id_tokens else "access",
            "LOG_LEVEL": settings.log_level,
        },
        architecture=settings.architecture,
        python_version=settings.python_version,
        memory_mb=settings.memory_mb,
        timeout_seconds=settings.timeout_seconds,
        reserved_concurrency=settings.reserved_concurrency,
        log_level=settings.log_level,
        log_retention_days=settings.log_retention_days,
    ),
)
api = HttpApi(
    "api",
    HttpApiArgs(
        routes=ROUTES,
        issuer=auth.issuer,
        audiences=[auth.client_id],
        function_name=function.name,
        function_invoke_arn=function.invoke_arn,
        allowed_origins=settings.allowed_origins,
        throttle_rate=settings.throttle_rate,
        throttle_burst=settings.throttle_burst,
        log_retention_days=settings.log_retention_days,
    ),
)

pulumi.export("apiUrl", api.url)
pulumi.export("region", settings.region)
pulumi.export("userPoolId", auth.user_pool_id)
pulumi.export("userPoolClientId", auth.client_id)
pulumi.export("issuer", auth.issuer)
pulumi.export("authDomain", auth.domain)
pulumi.export("scopes", sorted({scope for route in ROUTES for scope in route.scopes}))
