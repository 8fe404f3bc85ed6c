"""The parts of the stack, each a Pulumi component resource."""
