"""The infrastructure checklist as rules: a Pulumi policy pack, a report without AWS, and what the tests run."""
