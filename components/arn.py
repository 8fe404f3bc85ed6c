"""ARNs in the partition, region and account of another resource, so that no setting has to repeat them."""

import pulumi


def beside(arn: pulumi.Output[str], service: str, resource: str) -> pulumi.Output[str]:
    """Return the ARN of a resource in the partition, region and account of this one."""
    return arn.apply(lambda whole: ":".join(["arn", _part(whole, 1), service, *whole.split(":")[3:5], resource]))


def account_root(arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the principal of the whole account that a resource is in."""
    return arn.apply(lambda whole: f"arn:{_part(whole, 1)}:iam::{_part(whole, 4)}:root")


def regional_service(name: str, arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the principal of a service that has one for each region."""
    return arn.apply(lambda whole: f"{name}.{_part(whole, 3)}.amazonaws.com")


def _part(arn: str, index: int) -> str:
    """1 is the partition, 3 the region, 4 the account."""
    return arn.split(":")[index]
