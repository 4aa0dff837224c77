"""Open data: what the city publishes of its reports for everybody."""
