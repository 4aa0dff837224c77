"""The event log: the immutable facts that webhooks, figures and digests are made from."""
