"""Places: geohashes, covers of circles and boxes, distances, and the areas a point lies in."""
