"""Packaging, deploying, and the whole system on one machine."""
