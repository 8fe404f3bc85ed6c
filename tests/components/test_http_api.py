"""What HttpApi promises: who checks which route, who may call the function, and what is limited and logged."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from components.http_api import HttpApi, HttpApiArgs, RouteArgs, TargetArgs, ThrottleArgs, access_log_format
from stacks.recorder import ACCOUNT, REGION, Recording, record
from tests.components.arguments import arguments


def invoke_arn(function: str) -> str:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"


ANSWERS = TargetArgs(name="answers", invoke_arn=invoke_arn("answers:live"), qualifier="live")
REPORTS = TargetArgs(name="reports", invoke_arn=invoke_arn("reports"))


ROUTES = (
    RouteArgs(key="GET /health", public=True),
    RouteArgs(key="GET /hello"),
    RouteArgs(key="POST /reports", scopes=("api/reports.write", "api/reports.admin")),
    RouteArgs(key="DELETE /reports/{id}", throttle=ThrottleArgs(rate=0.5, burst=2)),
)
REQUIRED: dict[str, Any] = {
    "routes": ROUTES,
    "issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_Ab1",
    "audiences": ["client1", "client2"],
    "functions": {"api": ANSWERS},
    "allowed_origins": ("https://app.example.com", "http://localhost:5173"),
}


OWN_DOMAIN = {"api_domain": "api.example.com", "api_zone_id": "Z0123456789EXAMPLE"}
MUTUAL_TLS = {"truststore": {"uri": "s3://trust/ca.pem", "version": "v1"}}


def api_of(**changes: Any) -> Recording:
    args = arguments(HttpApiArgs, **{**REQUIRED, **changes})
    return record(lambda: HttpApi("api", args))


@cache
def default() -> Recording:
    """What a caller gets who says nothing but what must be said."""
    return api_of()


def route(key: str) -> dict[str, Any]:
    return next(dict(each.inputs) for each in default().all("Route") if each.inputs["routeKey"] == key)


class TestAuthorizer:
    def test_authorizer_is_named_and_checks_jwts(self) -> None:
        """API Gateway requires a name; REQUEST, the other type, runs the team's own code instead."""
        inputs = default().one("Authorizer").inputs

        assert inputs["name"]
        assert inputs["authorizerType"] == "JWT"
        assert inputs["apiId"] == default().one("Api").id

    def test_token_comes_from_the_authorization_header_only(self) -> None:
        """In a query string it would stand in every log and history on the way."""
        assert default().one("Authorizer").inputs["identitySources"] == ["$request.header.Authorization"]

    def test_issuer_and_audiences_are_the_given_ones(self) -> None:
        """The gateway trusts the keys that the issuer's address leads to, and no other client's tokens."""
        assert default().one("Authorizer").inputs["jwtConfiguration"] == {
            "issuer": REQUIRED["issuer"],
            "audiences": REQUIRED["audiences"],
        }


class TestRoutes:
    def test_every_route_of_the_table_is_there_once(self) -> None:
        """A missing route is a 404 in production only; another one is a door nobody declared."""
        keys = [each.inputs["routeKey"] for each in default().all("Route")]

        assert sorted(keys) == sorted(each.key for each in ROUTES)

    @pytest.mark.parametrize("key", ["GET /hello", "POST /reports", "DELETE /reports/{id}"])
    def test_protected_route_has_type_and_authorizer(self, key: str) -> None:
        """The type defaults to NONE: with an authorizer's id alone the route is open to everybody."""
        assert route(key)["authorizationType"] == "JWT"
        assert route(key)["authorizerId"] == default().one("Authorizer").id

    def test_public_route_has_neither(self) -> None:
        """A health check that needs a token checks nothing from outside."""
        assert route("GET /health")["authorizationType"] == "NONE"
        assert "authorizerId" not in route("GET /health")
        assert "authorizationScopes" not in route("GET /health")

    def test_scopes_are_the_routes_own(self) -> None:
        """Scopes of one route on another would refuse its callers or admit them unasked."""
        assert route("POST /reports")["authorizationScopes"] == ["api/reports.write", "api/reports.admin"]
        assert "authorizationScopes" not in route("GET /hello")

    def test_all_routes_lead_to_the_function(self) -> None:
        """One integration for all: payload 2.0 is the event that the handler reads."""
        integration = default().one("Integration")

        assert integration.inputs == {
            "apiId": default().one("Api").id,
            "integrationType": "AWS_PROXY",
            "integrationUri": ANSWERS.invoke_arn,
            "payloadFormatVersion": "2.0",
        }
        assert {each.inputs["target"] for each in default().all("Route")} == {f"integrations/{integration.id}"}

    def test_api_is_an_http_api(self) -> None:
        """WEBSOCKET, the other protocol, has other routes altogether."""
        assert default().one("Api").inputs["protocolType"] == "HTTP"

    def test_adding_a_route_leaves_the_others_alone(self) -> None:
        """A route's name comes from its key, not its place: or a new line in the table would replace all after it."""
        more = api_of(routes=(RouteArgs(key="GET /first"), *ROUTES))

        assert {each.name for each in default().all("Route")} < {each.name for each in more.all("Route")}


class TestPermission:
    def test_api_gateway_may_call_this_function_for_this_api_only(self) -> None:
        """Without it every call is a 500; without the source, any API of any account may call the function."""
        api = default().one("Api")

        assert default().one("Permission").inputs == {
            "action": "lambda:InvokeFunction",
            "function": "answers",
            "qualifier": "live",
            "principal": "apigateway.amazonaws.com",
            "sourceArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/*/*",
        }

    def test_function_without_an_alias_is_permitted_itself(self) -> None:
        """A permission of an alias that nobody calls would leave every call a 500."""
        assert "qualifier" not in api_of(functions={"api": REPORTS}).one("Permission").inputs


@cache
def two_functions() -> Recording:
    routes = (RouteArgs(key="GET /hello"), RouteArgs(key="GET /reports", function="reports"))
    return api_of(routes=routes, functions={"api": ANSWERS, "reports": REPORTS})


class TestFunctions:
    """Several functions behind one API, each with its own size and rights."""

    def test_route_leads_to_the_function_it_names(self) -> None:
        """The other one might lack the rights that the route needs, or have those it must not."""
        two = two_functions()
        uris = {f"integrations/{each.id}": each.inputs["integrationUri"] for each in two.all("Integration")}
        leads = {each.inputs["routeKey"]: uris[each.inputs["target"]] for each in two.all("Route")}

        assert leads == {"GET /hello": ANSWERS.invoke_arn, "GET /reports": REPORTS.invoke_arn}

    def test_each_function_is_permitted_once_and_to_this_api(self) -> None:
        """A function without its own permission answers 500 on its routes only: seen last."""
        two = two_functions()
        permitted = {each.inputs["function"]: each.inputs.get("qualifier") for each in two.all("Permission")}

        assert permitted == {"answers": "live", "reports": None}
        assert {each.inputs["sourceArn"] for each in two.all("Permission")} == {
            f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{two.one('Api').id}/*/*"
        }


class TestStage:
    def test_stage_is_the_default_one_and_deploys_by_itself(self) -> None:
        """Without auto-deploy a changed route takes effect with some later deployment, or never."""
        inputs = default().one("Stage").inputs

        assert inputs["name"] == "$default"
        assert inputs["autoDeploy"] is True
        assert inputs["apiId"] == default().one("Api").id

    def test_every_route_is_throttled(self) -> None:
        """Without a limit one caller takes the account's whole share, other APIs' too; with 0 every call is a 429."""
        assert default().one("Stage").inputs["defaultRouteSettings"] == {
            "throttlingRateLimit": 50,
            "throttlingBurstLimit": 100,
            "detailedMetricsEnabled": False,
        }

    def test_throttle_can_be_chosen(self) -> None:
        """The setting must reach the stage."""
        settings = api_of(throttle_rate=7, throttle_burst=9).one("Stage").inputs["defaultRouteSettings"]

        assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (7, 9)

    def test_a_route_can_have_its_own_throttle(self) -> None:
        """Only that route; a fraction of a call a second is a limit too."""
        assert default().one("Stage").inputs["routeSettings"] == [
            {
                "routeKey": "DELETE /reports/{id}",
                "throttlingRateLimit": 0.5,
                "throttlingBurstLimit": 2,
                "detailedMetricsEnabled": False,
            }
        ]

    @pytest.mark.parametrize("on", [True, False])
    def test_detailed_metrics_are_on_or_off_for_every_route(self, on: bool) -> None:
        """A route with settings of its own takes none of the stage's: it would be missing from the metrics."""
        stage = api_of(detailed_metrics=on).one("Stage").inputs

        entries = [stage["defaultRouteSettings"], *stage["routeSettings"]]
        assert len(entries) == 2
        assert [entry["detailedMetricsEnabled"] for entry in entries] == [on, on]

    def test_detailed_metrics_leave_no_limit_at_zero(self) -> None:
        """An entry with the switch alone has limits of 0, and every call of its routes is a 429."""
        stage = api_of(detailed_metrics=True).one("Stage").inputs

        for entry in (stage["defaultRouteSettings"], *stage["routeSettings"]):
            assert entry["throttlingRateLimit"] > 0
            assert entry["throttlingBurstLimit"] > 0

    def test_stage_waits_for_routes_and_integrations_for_permissions(self) -> None:
        """Settings of a route that does not exist yet are refused; an integration without permission answers 500."""
        two = two_functions()
        permissions = {each.inputs["function"]: each for each in two.all("Permission")}

        assert all(two.waits_for(two.one("Stage"), each) for each in two.all("Route"))
        for key, function in (("api", "answers"), ("reports", "reports")):
            (integration,) = [each for each in two.all("Integration") if each.name.endswith(f"-{key}")]
            assert two.waits_for(integration, permissions[function])


class TestAccessLog:
    def test_calls_are_logged_to_a_group_that_ends(self) -> None:
        """Refusals of the authorizer never reach the function: this log is the only trace of them."""
        recording = api_of(log_retention_days=90)
        log = recording.one("LogGroup")

        assert recording.one("Stage").inputs["accessLogSettings"] == {
            "destinationArn": log.outputs["arn"],
            "format": access_log_format(callers=True),
        }
        assert log.inputs["retentionInDays"] == 90

    def test_log_group_is_of_the_vended_kind(self) -> None:
        """Other names share one resource policy of 5,120 characters, which fills up and then refuses the stage."""
        assert default().one("LogGroup").id.startswith("/aws/vendedlogs/")

    def test_log_line_says_who_asked_for_what_and_why_it_failed(self) -> None:
        """A 401 or 500 without its reason cannot be told from an attack or an outage."""
        variables = set(json.loads(access_log_format(callers=True)).values())

        assert variables >= {
            f"$context.{name}"
            for name in (
                "requestId",
                "routeKey",
                "status",
                "responseLatency",
                "integrationLatency",
                "integrationErrorMessage",
                "authorizer.error",
                "error.message",
                "error.responseType",
                "authorizer.claims.sub",
                "identity.sourceIp",
                "identity.userAgent",
                "protocol",
            )
        }

    def test_log_line_without_callers_has_nothing_personal(self) -> None:
        """Where the law or a works council says so; everything else stays."""
        stage = api_of(access_log_callers=False).one("Stage")
        fields = json.loads(stage.inputs["accessLogSettings"]["format"])

        assert not [each for each in fields.values() if "identity" in each or "claims" in each]
        assert json.loads(access_log_format(callers=True)).keys() - fields.keys() == {
            "subject",
            "sourceIp",
            "userAgent",
        }
        assert fields.items() <= json.loads(access_log_format(callers=True)).items()

    def test_log_line_can_hold_no_token(self) -> None:
        """Only $context variables, and of the claims only the subject: the whole would log null, or too much."""
        variables = set(json.loads(access_log_format(callers=True)).values())

        assert all(variable.startswith("$context.") for variable in variables)
        assert not any("header" in variable.lower() for variable in variables)
        assert [variable for variable in variables if "claims" in variable] == ["$context.authorizer.claims.sub"]

    def test_log_line_is_one_line(self) -> None:
        """API Gateway refuses a format with a line break in it."""
        assert "\n" not in access_log_format(callers=True)


class TestCors:
    def test_cors_is_exact(self) -> None:
        """Pages of these origins only, with the methods that routes have; no cookies, since the token is a header."""
        assert default().one("Api").inputs["corsConfiguration"] == {
            "allowOrigins": ["https://app.example.com", "http://localhost:5173"],
            "allowMethods": ["DELETE", "GET", "POST"],
            "allowHeaders": ["authorization", "content-type", "if-none-match"],
            "allowCredentials": False,
            "exposeHeaders": ["apigw-requestid", "etag", "location", "retry-after", "www-authenticate"],
            "maxAge": 600,
        }

    def test_credentials_are_allowed_by_word_only(self) -> None:
        """A page's cookies, for the front end that has to send them; the origins are exact in any case."""
        cors = api_of(allow_credentials=True).one("Api").inputs["corsConfiguration"]

        assert cors["allowCredentials"] is True
        assert cors["allowOrigins"] == list(REQUIRED["allowed_origins"])

    def test_pages_may_send_the_headers_that_routes_read_and_those_of_the_setting(self) -> None:
        """Exactly these: any other would be a way to try what else the function reads."""
        routes = [RouteArgs(key="PUT /a", headers=["If-Match"]), RouteArgs(key="POST /a", headers=["Idempotency-Key"])]
        cors = api_of(routes=routes, allowed_headers=["traceparent", "If-Match"]).one("Api").inputs["corsConfiguration"]

        assert cors["allowHeaders"] == [
            *("authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "traceparent")
        ]

    def test_preflight_is_answered_by_the_gateway(self) -> None:
        """A route for OPTIONS, or for ANY, would ask a browser's preflight for the token that it never sends."""
        assert all(each.inputs["routeKey"].split()[0] not in {"OPTIONS", "ANY"} for each in default().all("Route"))

    def test_no_origin_means_no_cors(self) -> None:
        """An API for machines only answers no browser page."""
        assert "corsConfiguration" not in api_of(allowed_origins=()).one("Api").inputs


def test_url_is_the_apis_address() -> None:
    """With the $default stage there is no stage in the path."""
    registered = default().registered[default().one("HttpApi").urn]

    assert registered["url"] == default().one("Api").outputs["apiEndpoint"]


class TestEncryption:
    @pytest.mark.parametrize("key", [None, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"])
    def test_access_log_has_the_given_key(self, key: str | None) -> None:
        """It names callers and addresses."""
        assert api_of(kms_key_arn=key).one("LogGroup").inputs.get("kmsKeyId") == key


class TestOwnDomain:
    def test_url_is_the_domains_own(self) -> None:
        """AWS's address answers 403 once it is off."""
        recording = api_of(**OWN_DOMAIN)

        assert recording.registered[recording.one("HttpApi").urn]["url"] == "https://api.example.com"

    def test_default_endpoint_is_off_with_an_own_domain(self) -> None:
        """What the domain asks for, clients' certificates above all, would be asked for at one of two doors."""
        assert api_of(**OWN_DOMAIN).one("Api").inputs["disableExecuteApiEndpoint"] is True

    def test_default_endpoint_is_on_without_one(self) -> None:
        """There would be no way in."""
        assert default().one("Api").inputs["disableExecuteApiEndpoint"] is False
        assert default().all("DomainName") == []

    def test_default_endpoint_can_stay_while_callers_move(self) -> None:
        """By word."""
        recording = api_of(**OWN_DOMAIN, keep_default_endpoint=True)

        assert recording.one("Api").inputs["disableExecuteApiEndpoint"] is False

    def test_domain_leads_to_this_apis_stage(self) -> None:
        """And waits for it: a mapping of a stage that is not there is refused."""
        recording = api_of(**OWN_DOMAIN)

        assert recording.one("ApiMapping").inputs == {
            "apiId": recording.one("Api").id,
            "domainName": "api.example.com",
            "stage": recording.one("Stage").id,
        }

    def test_clients_certificates_are_asked_for_where_set(self) -> None:
        """The setting must reach the domain."""
        assert api_of(**OWN_DOMAIN, **MUTUAL_TLS).one("DomainName").inputs["mutualTlsAuthentication"] == {
            "truststoreUri": "s3://trust/ca.pem",
            "truststoreVersion": "v1",
        }
