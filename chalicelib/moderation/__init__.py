"""Moderation: what people flag or word lists hold, and what moderators do about it."""
