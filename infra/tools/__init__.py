"""Commands for a running system: bring areas in, replay real reports, watch webhooks."""
