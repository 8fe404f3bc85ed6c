"""CloudWatch's side of monitoring, on this machine: metric filters, metric math and alarms, evaluated on data.

Not CloudWatch, and not its every corner: what this project's definitions use, by AWS's documentation. Whatever they
use beyond it is an error, so a definition cannot outgrow what is tested.
"""


class NotUnderstood(Exception):  # noqa: N818 - says what happened, not that it is an error of the program
    """An expression, a pattern or an alarm uses what this package does not evaluate."""
