"""What staff did: append-only, hash-chained, sealed day by day."""
