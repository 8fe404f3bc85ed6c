"""The whole program for every stack file: what is wired to what, and that nothing is open that is not said to be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any
from unittest import mock

import pytest

import handler.routes
from components.bundle import Target
from handler.route import Items, Route, Throttle
from handler.route import table as table_of
from handler.routes import ROUTES
from handler.settings import Settings as FunctionSettings
from stacks import ROOT
from stacks.engine import Stack
from stacks.plan import plan_of
from stacks.recorder import ACCOUNT, STACKS, Recording, deployed, program, record_program
from tests.handler.table import TABLE, Answered, signed_in
from tests.settings.stack import CERTIFICATE, KEY

INVITATION = "adminCreateUserConfig.inviteMessageTemplate."
PUBLIC = {"GET /health"}  # every route that anybody may call, by name
# The function's variables and further rights: another one takes a change here, which a reviewer sees.
VARIABLES = {"COGNITO_USER_POOL_ID", "COGNITO_CLIENT_IDS", "COGNITO_TOKEN_USES", "LOG_LEVEL"}
RIGHTS = {"WriteOwnLogs", "SendTraces"}
GET, PUT, QUERY = "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"
THINGS, MORE = Items("things"), Items("more-things")
KEPT = (
    ("GET /notes", {THINGS: ("Query",)}),
    ("POST /notes", {THINGS: ("PutItem",), MORE: ("GetItem",)}),
    ("GET /other", {}),
)


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def made(stack: str) -> Recording:
    return program(stack)


def routes_of(recording: Recording) -> dict[str, dict[str, Any]]:
    return {each.inputs["routeKey"]: dict(each.inputs) for each in recording.all("Route")}


def variables_of(recording: Recording) -> dict[str, str]:
    variables: dict[str, str] = recording.one("Function").inputs["environment"]["variables"]
    return variables


def test_there_are_stacks() -> None:
    """A glob that finds nothing would hold nothing."""
    assert {"dev", "local"} <= set(STACKS)


class TestDefects:
    """One test for each way in which such a stack is known to go wrong, as far as the program decides it."""

    def test_reserved_variable_in_the_functions_environment(self, made: Recording) -> None:
        """Lambda refuses a function that sets AWS_REGION, after half of the stack is made."""
        reserved = {"_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}

        assert not [key for key in variables_of(made) if key.startswith("AWS_") or key in reserved]

    def test_package_without_its_dependencies(self, made: Recording) -> None:
        """The function's code is what `build` made of `handler/` and its requirements, not the folder itself."""
        (source, target, cache), (other, *_) = made.packages

        assert source == ROOT / "handler"
        assert cache == ROOT / ".build"
        assert other == ROOT / "triggers"  # in a zip of its own: neither code can be called as the other
        assert [target.architecture] == made.one("Function").inputs["architectures"]
        assert f"python{target.python_version}" == made.one("Function").inputs["runtime"]
        assert made.one("Function").inputs["code"].path.endswith("recorder.py")  # what the recorder's build gave

    def test_audience_that_no_access_token_has(self, made: Recording) -> None:
        """Gateway and function both ask for the app client, which the gateway finds in `client_id`."""
        client = made.one("UserPoolClient")

        assert made.one("Authorizer").inputs["jwtConfiguration"]["audiences"] == [client.id]
        assert variables_of(made)["COGNITO_CLIENT_IDS"] == client.id

    def test_issuer_and_token_use_left_unchecked(self, made: Recording) -> None:
        """Function and gateway hold the same issuer, this pool's, and access tokens only."""
        region = made.outputs["region"]
        settings = FunctionSettings.from_environment({**variables_of(made), "AWS_REGION": region})

        assert settings.issuer == made.one("Authorizer").inputs["jwtConfiguration"]["issuer"]
        assert settings.issuer == f"https://cognito-idp.{region}.amazonaws.com/{made.one('UserPool').id}"
        assert settings.client_ids == {made.one("UserPoolClient").id}
        assert settings.token_uses == {"access"}

    def test_function_may_do_more_than_it_does(self, made: Recording) -> None:
        """Its log, its traces, a note written and a user's notes read: no scan of all, no change, no other table."""
        policy = made.one("RolePolicy", "function-policy")
        granted = {
            statement["Sid"]: (statement["Action"], statement["Resource"])
            for statement in json.loads(policy.inputs["policy"])["Statement"]
        }

        table = {}
        for items in {items for route in ROUTES for items in route.items}:
            actions = sorted({f"dynamodb:{action}" for route in ROUTES for action in route.items.get(items, ())})
            arn = made.one("Table", f"{items.name}-table").outputs["arn"]
            table[f"Use{items.name.title().replace('-', '')}"] = (actions, arn)
        pool = made.one("UserPool").outputs["arn"]
        revokes = any(route.revokes for route in ROUTES)
        if revokes:
            table["SignUsersOut"] = (["cognito-idp:AdminUserGlobalSignOut"], pool)
        for each in made.all("Table"):
            if each.name == "revocations-table":
                table["ReadRevocations"] = (["dynamodb:BatchGetItem"], each.outputs["arn"])
                table |= {"RevokeUsers": (["dynamodb:UpdateItem"], each.outputs["arn"])} if revokes else {}
        keys = {"Decrypt", *(f"{sid}Key" for sid in table)}
        assert granted.keys() - keys == {*RIGHTS, *table}
        assert {sid: granted[sid] for sid in table} == table

    def test_table_that_the_function_does_not_find(self, made: Recording) -> None:
        """Its name and its keys are those that the function writes by, and it is as hard to lose as its users."""
        for items in {items for route in ROUTES for items in route.items}:
            table = made.one("Table", f"{items.name}-table")
            assert variables_of(made)[items.variable] == table.outputs["name"]
            assert [table.inputs["hashKey"], table.inputs["rangeKey"]] == [items.partition_key, items.sort_key]
            is_protected = made.one("UserPool").inputs["deletionProtection"] == "ACTIVE"
            assert table.inputs["deletionProtectionEnabled"] == is_protected

    def test_missing_permission_to_invoke(self, made: Recording) -> None:
        """Without it every call ends in a 500."""
        permission = made.one("Permission").inputs

        assert permission["function"] == made.one("Function").outputs["name"]
        assert permission["qualifier"] == made.one("Alias").inputs["name"]
        assert permission["principal"] == "apigateway.amazonaws.com"
        assert permission["action"] == "lambda:InvokeFunction"
        assert permission["sourceArn"] == (
            f"arn:aws:execute-api:{made.outputs['region']}:{ACCOUNT}:{made.one('Api').id}/*/*"
        )

    def test_authorizer_without_authorization_type(self, made: Recording) -> None:
        """The route would stay open at the gateway."""
        for key, route in routes_of(made).items():
            if key not in PUBLIC:
                assert route["authorizationType"] == "JWT", key
                assert route["authorizerId"] == made.one("Authorizer").id, key

    def test_nameless_authorizer(self, made: Recording) -> None:
        """API Gateway refuses it."""
        assert made.one("Authorizer").inputs["name"]

    def test_route_declared_twice(self, made: Recording) -> None:
        """API Gateway refuses the second, after the rest is made."""
        keys = [each.inputs["routeKey"] for each in made.all("Route")]

        assert len(keys) == len(set(keys))

    def test_client_without_a_flow(self, made: Recording) -> None:
        """Nobody could sign in through Cognito's API."""
        flows = made.one("UserPoolClient").inputs["explicitAuthFlows"]

        assert {"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"} <= set(flows)

    def test_logging_recommended_but_not_set_up(self, made: Recording) -> None:
        """Function and gateway each write to a group that the stack made and that ends."""
        groups = {each.name: each for each in made.all("LogGroup")}
        access_log = made.one("Stage").inputs["accessLogSettings"]

        assert made.one("Function").inputs["loggingConfig"]["logGroup"] == groups["function-logs"].outputs["name"]
        assert access_log["destinationArn"] == groups["api-access"].outputs["arn"]
        assert all(group.inputs["retentionInDays"] > 0 for group in groups.values())

    def test_throttling_recommended_but_not_set_up(self, made: Recording) -> None:
        """0 would be a limit too: it refuses every call."""
        settings = made.one("Stage").inputs["defaultRouteSettings"]

        assert settings["throttlingRateLimit"] > 0
        assert settings["throttlingBurstLimit"] > 0

    def test_least_privilege_recommended_but_not_set_up(self, made: Recording) -> None:
        """No action is a wildcard, and no resource but X-Ray's, which has none to name."""
        (policy,) = made.all("RolePolicy")

        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert "*" not in "".join(statement["Action"])
            if all(action.startswith("kms:") for action in statement["Action"]):
                assert statement["Resource"] == made.one("Key", "encryption-key").outputs["arn"]
            elif statement["Sid"] in {"WriteOwnLogs", "UseTable", "ReadRevocations"}:
                log = f"{made.one('LogGroup', 'function-logs').outputs['arn']}:*"
                assert statement["Resource"] in {log, *(table.outputs["arn"] for table in made.all("Table"))}
            elif not all(action.startswith("xray:") for action in statement["Action"]):
                own = {str(each.outputs.get("arn")) for each in made.resources}
                named = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
                assert {re.sub(r"[/:]\*$", "", arn) for arn in named} <= own
        assert not made.all("RolePolicyAttachment")


class TestRoutes:
    def test_public_routes_are_the_named_ones(self, made: Recording) -> None:
        """Opening a route takes a change here, which a reviewer sees."""
        assert {key for key, route in routes_of(made).items() if route["authorizationType"] != "JWT"} == PUBLIC
        assert {key for key, route in routes_of(made).items() if "authorizerId" not in route} == PUBLIC

    def test_gateway_has_exactly_the_tables_routes(self, made: Recording) -> None:
        """The handler answers by the same table; a route on one side only is a 404 or an unreachable function."""
        assert routes_of(made).keys() == {route.key for route in ROUTES}

    def test_gateway_asks_for_the_tables_scopes(self, made: Recording) -> None:
        """The first of two checks; the function's own is the second."""
        asked = {key: tuple(route.get("authorizationScopes", ())) for key, route in routes_of(made).items()}

        assert asked == {route.key: route.scopes for route in ROUTES}

    def test_nothing_catches_what_is_not_declared(self, made: Recording) -> None:
        """A catch-all hands requests to the function that no route asked for, and answers preflights with 401."""
        for key in routes_of(made):
            method, _, path = key.partition(" ")
            assert method not in {"$default", "ANY", "OPTIONS"}
            assert "+" not in path

    def test_every_scope_and_group_of_the_table_exists(self, made: Recording) -> None:
        """Else nobody can ever have it, and the route answers 403 to all."""
        scopes = {
            f"{server.inputs['identifier']}/{scope['scopeName']}"
            for server in made.all("ResourceServer")
            for scope in server.inputs["scopes"]
        }

        assert scopes == {scope for route in ROUTES for scope in route.scopes}
        assert scopes <= set(made.one("UserPoolClient").inputs["allowedOauthScopes"])
        assert {each.inputs["name"] for each in made.all("UserGroup")} == {
            group for route in ROUTES for group in route.groups
        }

    def test_all_belong_to_one_api_and_lead_to_this_function(self, made: Recording) -> None:
        """An integration of another function would be permitted by its owner, not by this stack."""
        api, integration = made.one("Api"), made.one("Integration")

        assert integration.inputs["integrationUri"] == made.one("Alias").outputs["invokeArn"]
        assert {route["target"] for route in routes_of(made).values()} == {f"integrations/{integration.id}"}
        for kind in ("Authorizer", "Integration", "Route", "Stage"):
            assert {each.inputs["apiId"] for each in made.all(kind)} == {api.id}

    def test_three_hundred_routes_are_all_protected(self) -> None:
        """API Gateway's limit: what protects four routes must protect them all, whatever else they declare."""
        table = table_of(
            *(
                Route(
                    key=f"{('GET', 'POST', 'PUT')[number % 3]} /items/{number}",
                    call=signed_in,
                    response=Answered,
                    summary=f"Route {number}",
                    scopes=(f"api/scope{number % 47}",) if number % 2 else (),
                    groups=("admin",) if number % 5 == 0 else (),
                    throttle=Throttle(1, 2) if number % 7 == 0 else None,
                )
                for number in range(300)
            )
        )
        with mock.patch.object(handler.routes, "ROUTES", table):
            recording = record_program(deployed("dev"))
        routes, authorizer = routes_of(recording), recording.one("Authorizer")

        assert len(routes) == 300
        assert {route["authorizationType"] for route in routes.values()} == {"JWT"}
        assert {route["authorizerId"] for route in routes.values()} == {authorizer.id}
        assert {key: tuple(route.get("authorizationScopes", ())) for key, route in routes.items()} == {
            route.key: route.scopes for route in table
        }
        assert {each["routeKey"] for each in recording.one("Stage").inputs["routeSettings"]} == {
            route.key for route in table if route.throttle
        }


class TestFunction:
    def test_environment_is_what_the_handler_reads(self, made: Recording) -> None:
        """A variable that one side does not know is a setting that does nothing."""
        revocation = {name for name in variables_of(made) if name.startswith("REVOCATION_")}
        assert len(revocation) == (3 if any(each.name == "revocations-table" for each in made.all("Table")) else 0)
        tables = {items.variable for route in ROUTES for items in route.items}
        assert variables_of(made).keys() - revocation == VARIABLES | tables
        assert variables_of(made)["COGNITO_USER_POOL_ID"] == made.one("UserPool").id

    def test_environment_fits_into_lambdas_4_kb(self, made: Recording) -> None:
        """Lambda counts names and values together."""
        assert sum(len(key) + len(value) for key, value in variables_of(made).items()) < 4096

    def test_entry_point_exists(self, made: Recording) -> None:
        """A mistyped one deploys, and every call is a 500."""
        module, _, function = made.one("Function").inputs["handler"].rpartition(".")

        assert module == "handler.app"
        assert f"\ndef {function}(event" in (ROOT / "handler" / "app.py").read_text()

    def test_function_ends_before_the_gateway_gives_up(self, made: Recording) -> None:
        """At 30 s the client gets a 503 with no reason, and the function runs on."""
        assert made.one("Function").inputs["timeout"] < 30

    def test_package_fits_the_function(self) -> None:
        """Wheels of one processor or Python do not load on another: both must follow from the same settings."""
        recording = record_program(deployed("dev", architecture="x86_64", pythonVersion="3.12"))

        assert {target for _, target, _ in recording.packages} == {Target(architecture="x86_64", python_version="3.12")}
        assert recording.one("Function").inputs["architectures"] == ["x86_64"]
        assert recording.one("Function").inputs["runtime"] == "python3.12"

    def test_package_is_for_this_machine_only_in_the_embedded_run(self) -> None:
        """The one thing that differs; what differs more is not the same program."""
        recording = record_program(Stack.load("local"))

        assert {target for _, target, _ in recording.packages} == {Target.host()}
        assert {each.name for each in recording.resources} == {each.name for each in program("local").resources}


# A setting, its value, and where the value must arrive: a kind of resource, and the path of its input.
REACHES: list[tuple[str, str, str, str, object]] = [
    ("callbackUrls", '["https://a.example/"]', "UserPoolClient", "callbackUrls", ["https://a.example/"]),
    ("logoutUrls", '["https://b.example/"]', "UserPoolClient", "logoutUrls", ["https://b.example/"]),
    ("allowedOrigins", '["https://c.example"]', "Api", "corsConfiguration.allowOrigins", ["https://c.example"]),
    ("domainPrefix", "other", "UserPoolDomain", "domain", "other"),
    ("emailAsUsername", "true", "UserPool", "usernameAttributes", ["email"]),
    ("userPoolTier", "PLUS", "UserPool", "userPoolTier", "PLUS"),
    ("passwordHistory", "4", "UserPool", "passwordPolicy.passwordHistorySize", 4),
    ("mfa", "required", "UserPool", "mfaConfiguration", "ON"),
    ("invitation", '{"subject": "Welcome"}', "UserPool", INVITATION + "emailSubject", "Welcome"),
    ("managedLogin", "true", "UserPoolDomain", "managedLoginVersion", 2),
    ("refreshTokenRotation", "true", "UserPoolClient", "refreshTokenRotation.feature", "ENABLED"),
    ("selfSignUp", "false", "UserPool", "adminCreateUserConfig.allowAdminCreateUserOnly", True),
    ("passwordMinimumLength", "16", "UserPool", "passwordPolicy.minimumLength", 16),
    ("accessTokenMinutes", "7", "UserPoolClient", "accessTokenValidity", 7),
    ("refreshTokenDays", "3", "UserPoolClient", "refreshTokenValidity", 3),
    ("acceptIdTokens", "true", "Function", "environment.variables.COGNITO_TOKEN_USES", "access,id"),
    ("deletionProtection", "false", "UserPool", "deletionProtection", "INACTIVE"),
    ("memoryMb", "256", "Function", "memorySize", 256),
    ("timeoutSeconds", "29", "Function", "timeout", 29),
    ("reservedConcurrency", "1", "Function", "reservedConcurrentExecutions", 1),
    ("logLevel", "ERROR", "Function", "environment.variables.LOG_LEVEL", "ERROR"),
    ("logLevel", "ERROR", "Function", "loggingConfig.applicationLogLevel", "ERROR"),
    ("throttleRate", "9", "Stage", "defaultRouteSettings.throttlingRateLimit", 9),
    ("throttleBurst", "99", "Stage", "defaultRouteSettings.throttlingBurstLimit", 99),
]


@cache
def with_all_of_them() -> Recording:
    """Return the recording of a stack that has each setting of `REACHES`: a program takes a fifth of a second."""
    return record_program(deployed("dev", **{key: value for key, value, *_ in REACHES}))


class TestSettings:
    """Each setting must reach the resource that it is about."""

    @pytest.fixture(autouse=True)
    def _table(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Settings name scopes and groups of the table, so the tests bring one that has them."""
        monkeypatch.setattr(handler.routes, "ROUTES", TABLE)

    @pytest.mark.parametrize(("key", "value", "kind", "path", "expected"), REACHES)
    def test_setting_reaches_its_resource(self, key: str, value: str, kind: str, path: str, expected: object) -> None:
        """A setting that is read and dropped is worse than none."""
        found: Any = with_all_of_them().one(kind).inputs
        for part in path.split("."):
            found = found[part]

        assert found == expected, f"{key} {value}"

    @pytest.mark.parametrize(
        ("elsewhere", "expected"),
        [
            ((), {"function-policy": {"UseThings": [PUT, QUERY], "UseMoreThings": [GET]}}),
            (
                ("GET /notes", "GET /other"),
                {
                    "function-policy": {"UseThings": [PUT], "UseMoreThings": [GET]},
                    "function-reports-policy": {"UseThings": [QUERY]},
                },
            ),
            (
                ("POST /notes",),
                {
                    "function-policy": {"UseThings": [QUERY]},
                    "function-reports-policy": {"UseThings": [PUT], "UseMoreThings": [GET]},
                },
            ),
            (
                ("GET /other",),
                {"function-policy": {"UseThings": [PUT, QUERY], "UseMoreThings": [GET]}, "function-reports-policy": {}},
            ),
        ],
        ids=["one function", "reads in another", "writes in another", "none in another"],
    )
    def test_function_may_do_with_the_table_what_its_own_routes_say(
        self, elsewhere: tuple[str, ...], expected: dict[str, dict[str, list[str]]]
    ) -> None:
        """A function has no right to a table, or to an action on it, that only another function's routes name."""
        kept = [Route(key=key, call=signed_in, summary="Keeps", response=Answered, items=items) for key, items in KEPT]
        routes = [replace(route, function="reports") if route.key in elsewhere else route for route in kept]
        more = {"otherFunctions": '{"reports": {}}'} if elsewhere else {}
        with mock.patch.object(handler.routes, "ROUTES", table_of(*routes)):
            policies = record_program(deployed("dev", **more)).all("RolePolicy")
        allowed = {
            each.name: {
                statement["Sid"]: statement["Action"]
                for statement in json.loads(each.inputs["policy"])["Statement"]
                if statement["Sid"].startswith("Use")
            }
            for each in policies
        }

        assert allowed == expected

    def test_salt_of_the_log_is_a_secret(self) -> None:
        """In plain, the state would tell everybody how to name the callers of a log."""
        salt = "0123456789abcdef0123456789abcdef"
        stack = deployed("dev", logSubjectSalt=salt)
        recording = record_program(replace(stack, secrets=frozenset({f"{stack.project}:logSubjectSalt"})))

        assert variables_of(recording)["LOG_SUBJECT_SALT"] == salt
        assert "environment" in recording.one("Function").secret_inputs

    def test_every_client_may_call(self) -> None:
        """Gateway and function know the same clients, and a machine's secret leaves the stack marked as one."""
        clients = [
            {"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]},
            {"name": "phone", "kind": "native", "callbackUrls": ["a.b://in"], "logoutUrls": ["a.b://out"]},
        ]
        recording = record_program(deployed("dev", appClients=json.dumps(clients)))
        ids = [each.id for each in recording.all("UserPoolClient")]

        assert len(ids) == 3
        assert sorted(recording.one("Authorizer").inputs["jwtConfiguration"]["audiences"]) == sorted(ids)
        assert sorted(variables_of(recording)["COGNITO_CLIENT_IDS"].split(",")) == sorted(ids)
        assert recording.outputs["appClientIds"].keys() == {"nightly", "phone"}
        assert recording.secret_outputs == {"appClientSecrets"}

    def test_log_of_sign_ins_ends_like_the_others(self) -> None:
        """The stack's retention is the pool's too."""
        recording = record_program(deployed("dev", userEventLogs="true", userPoolTier="PLUS", logRetentionDays="60"))

        assert {each.inputs["retentionInDays"] for each in recording.all("LogGroup")} == {60}
        assert any(each.name.startswith("auth-events") for each in recording.all("LogGroup"))

    def test_groups_of_the_stack_are_made_beside_the_routes(self) -> None:
        """A group that only scopes or new users are for."""
        recording = record_program(deployed("dev", groups='["member"]'))

        assert {each.inputs["name"] for each in recording.all("UserGroup")} == {"admin", "audit", "member"}

    def test_triggers_get_their_settings_and_those_of_the_stack(self) -> None:
        """Off in every stack file; here all three, with the answers that the function has too."""
        recording = record_program(
            deployed(
                "dev",
                groupScopes='{"admin": ["api/reports.read"]}',
                signUpEmailDomains='["example.com"]',
                defaultGroup="admin",
                architecture="x86_64",
                logRetentionDays="90",
            )
        )
        triggers = [each for each in recording.all("Function") if each.name != "function-function"]

        assert {
            name: value for each in triggers for name, value in each.inputs["environment"]["variables"].items()
        } == {
            "GROUP_SCOPES": '{"admin": ["api/reports.read"]}',
            "SIGN_UP_EMAIL_DOMAINS": '["example.com"]',
            "DEFAULT_GROUP": "admin",
        }
        assert len(recording.one("UserPool").inputs["lambdaConfig"]) == 3
        assert {tuple(each.inputs["architectures"]) for each in recording.all("Function")} == {("x86_64",)}
        assert {each.inputs["retentionInDays"] for each in recording.all("LogGroup")} == {90}

    def test_retention_reaches_both_logs(self) -> None:
        """The gateway's log and the function's are one story."""
        recording = record_program(deployed("dev", logRetentionDays="90"))

        assert {each.inputs["retentionInDays"] for each in recording.all("LogGroup")} == {90}

    @pytest.mark.parametrize(("value", "word"), [("true", "ACTIVE"), ("false", "INACTIVE")])
    def test_deletion_protection_is_what_the_setting_says(self, value: str, word: str) -> None:
        """Both halves of it: Cognito's, and Pulumi's."""
        pool = record_program(deployed("dev", deletionProtection=value)).one("UserPool")

        assert pool.inputs["deletionProtection"] == word
        assert pool.protect is (value == "true")

    def test_key_in_service_is_protected_until_another_takes_its_place(self) -> None:
        """Versions that are encrypted with it do not start without it, and nobody reads the data any more."""
        settings = {"createKmsKey": "true", "deletionProtection": "true"}
        alone = record_program(deployed("dev", **settings))
        replaced = record_program(deployed("dev", **settings, kmsKeyArn=KEY))
        rights = json.loads(replaced.one("RolePolicy", "function-policy").inputs["policy"])["Statement"]

        assert (alone.one("Key").protect, replaced.one("Key").protect) == (True, False)
        assert replaced.one("Function").inputs["kmsKeyArn"] == KEY
        decrypted = [each["Resource"] for each in rights if each["Action"] == ["kms:Decrypt"]]
        assert decrypted == [KEY, replaced.one("Key").outputs["arn"]]

    def test_one_of_a_kind_is_deleted_before_it_is_replaced(self) -> None:
        """Cognito allows a pool one domain of each kind, a client one style, and a provider's name once."""
        recording = record_program(
            deployed(
                "dev",
                managedLogin="true",
                signInDomain="login.example.com",
                signInCertificateArn=CERTIFICATE,
                identityProviders=json.dumps(
                    [{"name": "Partner", "type": "saml", "metadataUrl": "https://a.example/"}]
                ),
            )
        )
        for kind in ("UserPoolDomain", "IdentityProvider", "ManagedLoginBranding"):
            assert recording.all(kind)
            assert all(each.deletes_first for each in recording.all(kind)), kind

    def test_password_sign_in_is_off_unless_set(self) -> None:
        """And is on where it is set: tools of the relaxed stacks sign in with it."""
        for value, expected in (("true", True), ("false", False)):
            recording = record_program(deployed("dev", passwordSignIn=value))
            flows = recording.one("UserPoolClient").inputs["explicitAuthFlows"]
            assert ("ALLOW_USER_PASSWORD_AUTH" in flows) is expected

    def test_only_stacks_for_development_are_relaxed(self) -> None:
        """Everywhere else users cannot be lost, passwords are never sent, and no page of a laptop is let in."""
        strict = [name for name in STACKS if plan_of(name).settings.environment != "dev"]
        assert strict
        for name in strict:
            made = program(name)
            client, cors = made.one("UserPoolClient").inputs, made.one("Api").inputs["corsConfiguration"]
            assert made.one("UserPool").protect, name
            assert made.one("UserPool").inputs["deletionProtection"] == "ACTIVE", name
            assert "ALLOW_USER_PASSWORD_AUTH" not in client["explicitAuthFlows"], name
            for url in (*client["callbackUrls"], *client["logoutUrls"], *cors["allowOrigins"]):
                assert url.startswith("https://"), f"{name}: {url}"


class TestOutputs:
    def test_outputs_are_resolved_and_of_this_stack(self, made: Recording, stack: str) -> None:
        """Each is what the resources say, in full: no front end should put an address together."""
        region = Stack.load(stack).region
        pool, client, api = made.one("UserPool"), made.one("UserPoolClient"), made.one("Api")
        prefix = made.one("UserPoolDomain").inputs["domain"]

        tables = [each for each in made.all("Table") if each.name == "revocations-table"]
        revocation = {"revocation": {"table": tables[0].outputs["name"], "delaySeconds": 10}} if tables else {}
        domain = next((each.inputs["domainName"] for each in made.all("DomainName")), None)

        assert made.outputs == {
            "apiUrl": f"https://{domain}" if domain else api.outputs["apiEndpoint"],
            "region": region,
            "userPoolId": pool.id,
            "userPoolClientId": client.id,
            "issuer": f"https://cognito-idp.{region}.amazonaws.com/{pool.id}",
            "authDomain": f"https://{prefix}.auth.{region}.amazoncognito.com",
            "scopes": sorted({scope for route in ROUTES for scope in route.scopes}),
            "signIn": made.registered[made.one("AuthPool").urn]["sign_in"],
            "routes": [route.key for route in ROUTES],
            "release": {
                "functions": {
                    "api": {
                        "function": made.one("Function", "function-function").outputs["name"],
                        "alias": "live" if made.all("Alias") else None,
                    }
                },
                "alarms": made.outputs["release"]["alarms"],
            },
            **revocation,
        }
        # Alarms that are parts of another tell nobody, and a release is stopped by what wakes people.
        assert len(made.outputs["release"]["alarms"]) == sum(
            bool(each.inputs.get("alarmActions"))
            for kind in ("MetricAlarm", "CompositeAlarm")
            for each in made.all(kind)
        )

    def test_release_knows_every_function(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that a release forgets serves its first version forever, security fixes included."""
        routes = tuple(replace(route, function="reports") for route in handler.routes.ROUTES[:1])
        monkeypatch.setattr(handler.routes, "ROUTES", (*handler.routes.ROUTES[1:], *routes))
        recording = record_program(deployed("prod", otherFunctions='{"reports": {}}'))
        functions = recording.outputs["release"]["functions"]

        assert functions.keys() == {"api", "reports"}
        moved = {each.inputs["functionName"] for each in recording.all("Alias")}
        assert moved == {each["function"] for each in functions.values()}


class TestShape:
    def test_program_creates_components_only(self, made: Recording) -> None:
        """A component's resources are made by it alone, and no component belongs to anything but the stack."""
        components = {each.urn for each in made.resources if not each.custom}

        made_anywhere = {"AuthPool", "ApiFunction", "HttpApi", "Monitoring", "PoolTriggers"}
        made_anywhere |= {"ItemTable"} if any(route.items for route in ROUTES) else set()
        by_setting = {"ApiDomain", "Encryption"} | {"ItemTable"} - made_anywhere
        assert {each.kind for each in made.resources if not each.custom} - by_setting == made_anywhere
        theirs = {each.type for each in made.resources if each.parent in components}
        assert not theirs & {each.type for each in made.resources if each.custom and each.parent not in components}
        inner = {"ApiDomain"}
        assert all(
            "pulumi:pulumi:Stack" in each.parent
            for each in made.resources
            if not each.custom and each.kind not in inner
        )

    def test_stacks_differ_in_values_only(self) -> None:
        """No branch on the stack's name: what is proven on one stack holds on the others, its settings given."""
        stack = deployed("prod")
        named = {
            frozenset((each.type, each.name) for each in record_program(replace(stack, name=name)).resources)
            for name in ("prod", "dev", "another")
        }
        assert len(named) == 1
