"""Rules across components: what follows from the environment, from the route table, and from names and places.

A rule is a function that names the settings it reads as its parameters, and yields what is wrong. It is called only
where each of them is right by itself, so a rule never has to doubt a value. `routes` is the route table.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import pulumi

from components.api_domain import TruststoreArgs
from components.api_function import FunctionSizeArgs, LogLevel, environment_size, secret_variables
from components.app_clients import AppClientArgs, ClientKind
from components.arguments import Key, Path, Problem, Remove, Rule, Set
from components.auth_pool import UserPoolTier
from components.second_factors import Mfa
from components.web_acl import SignInWebAclArgs
from settings.stack import Environment


class Items(Protocol):
    """A table of a route, as far as the rules ask."""

    @property
    def variable(self) -> str: ...


class Route(Protocol):
    """A route of the table, as far as these rules ask. Settings may not import the handler, whose routes fit."""

    @property
    def key(self) -> str: ...
    @property
    def function(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def groups(self) -> Sequence[str]: ...
    @property
    def fresh(self) -> bool: ...
    @property
    def items(self) -> Iterable[Items]: ...


def unknown_key(key: str) -> Problem:
    """Return the problem of a mistyped key: the intended setting would keep its default, without a word."""
    if key.startswith(":"):
        name = key.removeprefix(":")
        rule = f"be written as {pulumi.get_project()}:{name} in the stack file"
        return Problem((Key(name),), rule, None, f"add the prefix in Pulumi.{pulumi.get_stack()}.yaml")
    return Problem((Key(key),), "be a key that docs/configuration.md lists", None, Remove((Key(key),)))


def other_prefix(prefix: str, keys: int) -> Problem:
    """Return the problem of a stack file whose keys have another project's prefix, as after the project was renamed."""
    rule = f"begin with {pulumi.get_project()}:, the project's name in Pulumi.yaml"
    stack = f"Pulumi.{pulumi.get_stack()}.yaml"
    return Problem((Key(f"{prefix}:…"),), rule, None, f"rename the prefix of its {keys} keys in {stack}")


# What routes and groups ask of each other


def group_scopes_name_known_groups(
    group_scopes: Mapping[str, Sequence[str]], groups: Sequence[str], routes: Sequence[Route]
) -> Iterator[Problem]:
    """A mistyped group has no users, so its scopes reach nobody."""
    for group in group_scopes:
        if group not in _known_groups(groups, routes):
            yield _unknown_group(("group_scopes", Key(group)), group, groups, routes)


def group_scopes_name_scopes_of_routes(
    group_scopes: Mapping[str, Sequence[str]], routes: Sequence[Route]
) -> Iterator[Problem]:
    """A scope that no route requires opens nothing here, and perhaps something in another API of the same pool."""
    known = _known_scopes(routes)
    for group, scopes in group_scopes.items():
        for index, scope in enumerate(scopes):
            if scope not in known:
                path = ("group_scopes", Key(group), index)
                yield _unknown_scope(path, scope, known, scopes)


def group_scopes_have_their_tier(
    user_pool_tier: UserPoolTier, group_scopes: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    """Scopes are added to the access token by the second version of the trigger, which LITE does not have."""
    if user_pool_tier is UserPoolTier.LITE and group_scopes:
        fix = Set(("user_pool_tier",), UserPoolTier.ESSENTIALS.value)
        yield Problem(("group_scopes",), "be empty on the tier LITE: it needs ESSENTIALS", dict(group_scopes), fix)


def default_group_exists(default_group: str, groups: Sequence[str], routes: Sequence[Route]) -> Iterator[Problem]:
    """Nobody could confirm an account: joining a group that is not there is an error."""
    if default_group and default_group not in _known_groups(groups, routes):
        yield _unknown_group(("default_group",), default_group, groups, routes)


def default_group_is_not_a_way_in(
    default_group: str,
    self_sign_up: bool,
    sign_up_email_domains: Sequence[str],
    routes: Sequence[Route],
) -> Iterator[Problem]:
    """Anyone could sign up, join the group, and call the routes that require it."""
    anyone = self_sign_up and not sign_up_email_domains
    if anyone and any(default_group in route.groups for route in routes):
        rule = "be a group that no route requires while anyone may sign up"
        yield Problem(("default_group",), rule, default_group, Set(("self_sign_up",), value=False))


def _known_groups(groups: Sequence[str], routes: Sequence[Route]) -> list[str]:
    return sorted({*groups, *(group for route in routes for group in route.groups)})


def _known_scopes(routes: Sequence[Route]) -> list[str]:
    return sorted({scope for route in routes for scope in route.scopes})


def _unknown_group(path: Path, group: str, groups: Sequence[str], routes: Sequence[Route]) -> Problem:
    known = ", ".join(_known_groups(groups, routes)) or "there is none"
    rule = f"name a group that a route requires or groups lists ({known})"
    return Problem(path, rule, group, Set(("groups", len(groups)), group))


def _unknown_scope(path: Path, scope: str, known: Sequence[str], there: Sequence[str]) -> Problem:
    rule = f"be a scope that a route requires ({', '.join(known) or 'there is none'})"
    better = next((each for each in known if each not in there), None)
    return Problem(path, rule, scope, Set(path, better) if better else Remove(path))


def clients_ask_for_scopes_of_routes(
    app_clients: Sequence[AppClientArgs], routes: Sequence[Route]
) -> Iterator[Problem]:
    """Cognito refuses a client whose scope no resource server has; scopes exist because routes require them."""
    known = _known_scopes(routes)
    for index, client in enumerate(app_clients):
        for number, scope in enumerate(client.scopes):
            if scope not in known:
                path = ("app_clients", index, "scopes", number)
                yield _unknown_scope(path, scope, known, client.scopes)


def routes_have_their_functions(
    other_functions: Mapping[str, FunctionSizeArgs], routes: Sequence[Route]
) -> Iterator[Problem]:
    """A route needs its function, and a function that no route names would never be called."""
    named = {route.function: route.key for route in reversed(routes)}
    for name, key in sorted(named.items()):
        path = ("other_functions", Key(name))
        if name != "api" and name not in other_functions:
            yield Problem(path, f"be set, since {key} names it", None, Set((*path, "memory_mb"), 512))
    for name in sorted(other_functions.keys() - named.keys()):
        path = ("other_functions", Key(name))
        better = difflib.get_close_matches(name, named)
        rule = "be the function of a route" + (f"; {better[0]} is" if better else "")
        yield Problem(path, rule, None, Remove(path))


def fresh_routes_have_their_table(revocation: bool, routes: Sequence[Route]) -> Iterator[Problem]:
    """A route that asks at each call has nothing to ask without the table, and refuses every call."""
    asking = next((route.key for route in routes if route.fresh), None)
    if asking and not revocation:
        fix = Set(("revocation",), value=True)
        yield Problem(("revocation",), f"be true, since {asking} is fresh", value=False, fix=fix)


# Names and places


def arns_are_of_this_region(
    region: str,
    kms_key_arn: str,
    sign_in_web_acl: SignInWebAclArgs,
    api_certificate_arn: str,
    truststore: TruststoreArgs,
    secret_references: Mapping[str, str],
    other_functions: Mapping[str, FunctionSizeArgs],
) -> Iterator[Problem]:
    """Regional domains take regional certificates; logs, functions and secrets use keys of their own region."""
    arns: dict[Path, str] = {
        ("api_certificate_arn",): api_certificate_arn,
        ("kms_key_arn",): kms_key_arn,
        ("sign_in_web_acl", "arn"): sign_in_web_acl.arn,
        ("truststore", "ownership_certificate_arn"): truststore.ownership_certificate_arn,
        **{("secret_references", Key(name)): value for name, value in secret_references.items()},
        **{
            ("other_functions", Key(function), "secret_references", Key(name)): value
            for function, size in other_functions.items()
            for name, value in size.secret_references.items()
        },
    }
    for path, value in arns.items():
        if value.startswith("arn:") and value.split(":")[3] != region:
            better = ":".join([*value.split(":")[:3], region, *value.split(":")[4:]])
            yield Problem(path, f"be of region {region}", value, Set(path, better))


def domains_differ(api_domain: str, sign_in_domain: str) -> Iterator[Problem]:
    """One name has one record."""
    if api_domain and api_domain == sign_in_domain:
        fix = Set(("sign_in_domain",), f"login.{sign_in_domain}")
        yield Problem(("sign_in_domain",), "differ from api_domain", sign_in_domain, fix)


def environments_fit(
    secret_references: Mapping[str, str],
    other_functions: Mapping[str, FunctionSizeArgs],
    app_clients: Sequence[AppClientArgs],
    log_subject_salt: str,
) -> Iterator[Problem]:
    """Lambda: 4,096 bytes of names and values. The ids of app clients, 26 characters each, are not known before.

    The rest of what the program sets (names of the pool and the table, log level) takes less than 400 bytes.
    """
    program = 400 + 27 * (len(app_clients) + 1) + len(log_subject_salt)
    functions: dict[Path, FunctionSizeArgs] = {
        ("other_functions", Key(name)): size for name, size in other_functions.items()
    }
    sizes = {(*path, "secret_references"): secret_variables(size) for path, size in functions.items()}
    own = {f"SECRET_{name}": reference for name, reference in secret_references.items()}
    for path, variables in {("secret_references",): own, **sizes}.items():
        size = environment_size(variables)
        if program + size > 4096:
            rule = f"take at most {4096 - program} bytes beside the program's own environment, and takes {size}"
            yield Problem(path, rule, None, "shorten names and references, or use fewer")


def others_concurrency_adds_up(
    other_functions: Mapping[str, FunctionSizeArgs],
    snap_start: bool,
    live_alias: bool,
) -> Iterator[Problem]:
    """Snapshots exclude provisioned concurrency, which belongs to versions behind the alias."""
    for name, size in other_functions.items():
        path = ("other_functions", Key(name), "provisioned_concurrency")
        if size.provisioned_concurrency and snap_start:
            yield Problem(path, "be 0 with snap_start", size.provisioned_concurrency, Set(path, 0))
        if size.provisioned_concurrency and not live_alias:
            fix = Set(("live_alias",), value=True)
            yield Problem(("live_alias",), f"be true with provisioned_concurrency of {name}", value=False, fix=fix)


def alarms_see_refusals(alarms: bool, log_level: LogLevel) -> Iterator[Problem]:
    """Refusals are warnings in the function's log, and alarms count them there: a lost authorizer is one."""
    if alarms and log_level is LogLevel.ERROR:
        fix = Set(("log_level",), LogLevel.WARNING.value)
        yield Problem(("log_level",), "be WARNING or below while alarms count refusals", log_level.value, fix)


# Production refuses what only helps development, or would be missed once something happens.


def production_has_https(
    environment: Environment,
    callback_urls: Sequence[str],
    logout_urls: Sequence[str],
    allowed_origins: Sequence[str],
) -> Iterator[Problem]:
    """A program on a port of a user's own machine would get the codes, and the answers, of production's users."""
    better = {"callback_urls": "https://app.example.com/", "logout_urls": "https://app.example.com/"}
    addresses = {"callback_urls": callback_urls, "logout_urls": logout_urls, "allowed_origins": allowed_origins}
    for name, values in addresses.items():
        for index, value in enumerate(values):
            if environment is Environment.PROD and not value.startswith("https://"):
                fix = Set((name, index), better.get(name, "https://app.example.com"))
                yield Problem((name, index), "be https:// in production", value, fix)


def production_clients_have_https(environment: Environment, app_clients: Sequence[AppClientArgs]) -> Iterator[Problem]:
    """The same holds for every browser's client."""
    for index, client in enumerate(app_clients):
        for name, values in {"callback_urls": client.callback_urls, "logout_urls": client.logout_urls}.items():
            for number, url in enumerate(values):
                is_plain = url.startswith("http://") and client.kind is ClientKind.BROWSER
                if environment is Environment.PROD and is_plain:
                    path = ("app_clients", index, name, number)
                    yield Problem(path, "be https:// in production", url, Set(path, "https://app.example.com/"))


def production_offers_a_second_factor(environment: Environment, mfa: Mfa) -> Iterator[Problem]:
    """One leaked password must not be enough."""
    if environment is Environment.PROD and mfa is Mfa.OFF:
        yield Problem(("mfa",), "be optional or required in production", mfa.value, Set(("mfa",), Mfa.REQUIRED.value))


def production_uses_srp(environment: Environment, password_sign_in: bool) -> Iterator[Problem]:
    """Whoever has the client's id could try passwords at Cognito's speed; SRP proves one without sending it."""
    if environment is Environment.PROD and password_sign_in:
        fix = Set(("password_sign_in",), value=False)
        yield Problem(("password_sign_in",), "be false in production", value=True, fix=fix)


def production_keeps_users(environment: Environment, deletion_protection: bool) -> Iterator[Problem]:
    """A pool that is deleted or replaced takes every account with it."""
    if environment is Environment.PROD and not deletion_protection:
        fix = Set(("deletion_protection",), value=True)
        yield Problem(("deletion_protection",), "be true in production", value=False, fix=fix)


def production_keeps_logs(environment: Environment, log_retention_days: int) -> Iterator[Problem]:
    """A break-in is found months after it began."""
    if environment is Environment.PROD and log_retention_days < 90:
        fix = Set(("log_retention_days",), 365)
        yield Problem(("log_retention_days",), "be at least 90 in production", log_retention_days, fix)


def production_traces_calls(environment: Environment, tracing: bool) -> Iterator[Problem]:
    """Why a call was slow, or where it failed, is asked afterwards."""
    if environment is Environment.PROD and not tracing:
        yield Problem(("tracing",), "be true in production", value=False, fix=Set(("tracing",), value=True))


def production_alarms_are_heard(
    environment: Environment,
    alarms: bool,
    alarm_emails: Sequence[str],
    alarm_urls: Sequence[str],
) -> Iterator[Problem]:
    """An alarm that reaches nobody is found after the users found it."""
    if environment is Environment.PROD and alarms and not alarm_emails and not alarm_urls:
        rule = "have an address in production, unless alarm_urls has one or alarms is false"
        yield Problem(("alarm_emails",), rule, None, Set(("alarm_emails", 0), "on-call@example.com"))


RULES: tuple[Rule, ...] = (
    group_scopes_name_known_groups,
    group_scopes_name_scopes_of_routes,
    group_scopes_have_their_tier,
    default_group_exists,
    default_group_is_not_a_way_in,
    clients_ask_for_scopes_of_routes,
    routes_have_their_functions,
    fresh_routes_have_their_table,
    arns_are_of_this_region,
    domains_differ,
    environments_fit,
    others_concurrency_adds_up,
    alarms_see_refusals,
    production_has_https,
    production_clients_have_https,
    production_offers_a_second_factor,
    production_uses_srp,
    production_keeps_users,
    production_keeps_logs,
    production_traces_calls,
    production_alarms_are_heard,
)
