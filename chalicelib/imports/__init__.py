"""History brought in from an earlier system: reports with what became of them, by file."""
