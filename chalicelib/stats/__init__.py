"""Honest figures: counted from events, defined in words, published as digests."""
