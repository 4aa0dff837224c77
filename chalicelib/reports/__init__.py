"""Reports: their life cycle, their place, and reading them back by place."""
