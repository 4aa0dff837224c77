"""Open311 GeoReport v2: reports as other cities' clients know them."""
