"""Webhooks: every event of an agency's reports, signed, retried, and recorded."""
