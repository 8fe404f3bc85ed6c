"""The stack's settings: the only reader of `pulumi.Config`. All are checked before the first resource exists."""

from settings.model import Settings
from settings.problems import SettingsError

__all__ = ["Settings", "SettingsError"]
