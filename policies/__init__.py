"""The infrastructure checklist as rules: judged in a report without AWS, in a Pulumi policy pack, and in the tests."""
