"""What Cognito calls on the way to an account and a token: a package, and a zip, of its own."""
