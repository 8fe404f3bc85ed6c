"""Sample routes, to be replaced by your own: delete this package together with its lines in `handler/routes.py`."""
