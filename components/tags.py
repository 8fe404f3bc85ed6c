"""Tags on everything that can be tagged, given in one place."""

from collections.abc import Mapping
from typing import Any

import pulumi


def tag_everything(tags: Mapping[str, str]) -> None:
    """Give these tags to every AWS resource made from now on; a resource's own tags stay, and win.

    A transformation in this process, not the provider's `default_tags`: it also runs on mocks and in the embedded run,
    where tests can see what it did. Which types can be tagged, their classes say: an input `tags` is among the
    properties of each, set or not.
    """

    def add(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("aws:") or "tags" not in args.props:
            return None
        own: Any = args.props["tags"] or {}
        merged = {**tags, **own}
        return pulumi.ResourceTransformationResult({**args.props, "tags": merged}, args.opts)

    pulumi.runtime.register_stack_transformation(add)
