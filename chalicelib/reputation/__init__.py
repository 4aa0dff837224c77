"""Reputation: points for reports that led to a confirmed fix, and who has most of them."""
