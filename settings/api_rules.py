"""Rules across the settings of the API, its functions and its keys: what AWS refuses half-way, or takes in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from settings.problems import Problem, refused, removed, set_command

if TYPE_CHECKING:
    from settings.model import Settings


class Route(Protocol):
    """What these rules ask of a route; the route table's own entries fit."""

    @property
    def key(self) -> str: ...
    @property
    def function(self) -> str: ...


class Sized(Protocol):
    """What a function has of its own, whichever it is."""

    @property
    def reserved_concurrency(self) -> int: ...
    @property
    def provisioned_concurrency(self) -> int: ...
    @property
    def secret_references(self) -> Mapping[str, str]: ...


def own_domain_is_whole(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A domain needs a certificate; what belongs to a domain would do nothing without one."""
    api = settings.api
    if api.api_domain and not api.api_certificate_arn and not api.api_zone_id:
        yield refused("apiZoneId", "be set with apiDomain, or apiCertificateArn must", None, "Z0123456789EXAMPLE")
    if not api.api_domain:
        for key, value in {
            "apiCertificateArn": api.api_certificate_arn,
            "apiZoneId": api.api_zone_id,
            "keepDefaultEndpoint": api.keep_default_endpoint,
            "truststoreUri": api.truststore_uri,
        }.items():
            if value:
                yield refused("apiDomain", f"be set with {key}", None, "api.example.com")


def mutual_tls_has_one_door(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """AWS's own address asks no client for a certificate."""
    api = settings.api
    if api.truststore_uri and api.keep_default_endpoint:
        yield refused("keepDefaultEndpoint", "be false with truststoreUri", True, better=False)
    if api.truststore_version and not api.truststore_uri:
        yield refused("truststoreUri", "be set with truststoreVersion", None, "s3://example-trust/clients.pem")


def arns_are_of_this_region(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A regional domain takes a regional certificate, and logs, functions and secrets a key and references at hand."""
    for key, value in {
        "apiCertificateArn": settings.api.api_certificate_arn,
        "kmsKeyArn": settings.kms_key_arn,
        **{place: value for place, _, value in _secrets(settings)},
    }.items():
        if value.startswith("arn:") and value.split(":")[3] != settings.region:
            better = ":".join([*value.split(":")[:3], settings.region, *value.split(":")[4:]])
            yield refused(key, f"be of region {settings.region}", value, better)


def burst_holds_a_second(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """The bucket is refilled at the rate: a smaller one overflows, and the rate is never reached."""
    rate, burst = settings.api.throttle_rate, settings.api.throttle_burst
    least = min(rate, 5000)  # the greatest burst there is
    if burst < least:
        yield refused("throttleBurst", f"be at least {least} with a throttleRate of {rate}", burst, least)


def versions_are_reached_by_the_alias(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Snapshots, started environments and weights belong to versions, which the API calls through the alias only."""
    function = settings.function
    wants = {
        "snapStart": function.snap_start,
        "shiftTraffic": function.shift_traffic,
        "provisionedConcurrency": any(each.provisioned_concurrency for _, each in _functions(settings)),
    }
    for key, wanted in wants.items():
        if wanted and not function.live_alias:
            yield refused("liveAlias", f"be true with {key}", False, better=True)


def concurrency_adds_up(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """SnapStart and provisioned concurrency exclude each other; what is provisioned comes out of what is reserved."""
    for prefix, each in _functions(settings):
        key = f"{prefix}provisionedConcurrency"
        if each.provisioned_concurrency and settings.function.snap_start:
            yield refused(key, "be 0 with snapStart", each.provisioned_concurrency, 0)
        if each.provisioned_concurrency > each.reserved_concurrency >= 0:
            rule = f"be at most {prefix}reservedConcurrency, {each.reserved_concurrency}"
            yield refused(key, rule, each.provisioned_concurrency, each.reserved_concurrency)


def vpc_is_whole(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """With one of the two alone Lambda leaves the function outside."""
    subnets, groups = settings.function.vpc_subnets, settings.function.vpc_security_groups
    if subnets and not groups:
        yield refused("vpcSecurityGroups[0]", "be set with vpcSubnets", None, "sg-0123456789abcdef0")
    if groups and not subnets:
        yield refused("vpcSubnets[0]", "be set with vpcSecurityGroups", None, "subnet-0123456789abcdef0")


def environment_fits(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Lambda: 4 KB of names and values; a quarter is kept for what the program itself sets."""
    for prefix, each in _functions(settings):
        size = sum(len(f"SECRET_{name}{reference}") for name, reference in each.secret_references.items())
        if size > 3072:
            rule = f"have names and references of 3072 bytes at most, got {size}"
            yield removed(f"{prefix}secretReferences", rule)


def one_key_encrypts(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """The one that is made would encrypt nothing, and cost."""
    if settings.create_kms_key and settings.kms_key_arn:
        yield refused("createKmsKey", "be false with kmsKeyArn", True, better=False)


def routes_have_their_functions(settings: Settings, routes: Sequence[Route]) -> Iterator[Problem]:
    """A route whose function is not there, or a function that no route leads to."""
    named = {route.function: route.key for route in reversed(routes)}
    for name, key in sorted(named.items()):
        if name != "api" and name not in settings.other_functions:
            remedy = f"set it with: {set_command(f'otherFunctions.{name}.memoryMb', 512)}"
            yield Problem(f"otherFunctions.{name}", f"be set, since {key} names it", None, remedy)
    for name in sorted(settings.other_functions.keys() - named.keys()):
        yield removed(f"otherFunctions.{name}", "be the function of a route")


def _functions(settings: Settings) -> list[tuple[str, Sized]]:
    """Each function, and what its keys begin with."""
    others = [(f"otherFunctions.{name}.", each) for name, each in settings.other_functions.items()]
    return [("", settings.function), *others]


def _secrets(settings: Settings) -> list[tuple[str, str, str]]:
    return [
        (f"{prefix}secretReferences.{name}", name, reference)
        for prefix, each in _functions(settings)
        for name, reference in each.secret_references.items()
    ]


RULES: tuple[Callable[[Settings, Sequence[Route]], Iterator[Problem]], ...] = (
    own_domain_is_whole,
    mutual_tls_has_one_door,
    arns_are_of_this_region,
    burst_holds_a_second,
    versions_are_reached_by_the_alias,
    concurrency_adds_up,
    vpc_is_whole,
    environment_fits,
    one_key_encrypts,
    routes_have_their_functions,
)
