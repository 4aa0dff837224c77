"""Benches: `make bench` measures and writes docs/benchmarks.md; each module measures one thing."""
