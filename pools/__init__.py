"""The record of each stack's deployed user pool: what Cognito cannot change, so that no setting asks for it."""
