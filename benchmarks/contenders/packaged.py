"""The handler of this project, out of its deployment package."""

from handler.app import lambda_handler

__all__ = ["lambda_handler"]
