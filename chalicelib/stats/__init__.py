"""Honest figures: recounted from the event log, defined in words, published as digests."""
