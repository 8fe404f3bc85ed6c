"""Lambda triggers that Cognito calls at sign-up and when it issues tokens, in a zip of their own."""
