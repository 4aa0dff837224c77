"""The directory: categories, agencies and the routes that lead from a report to its agency."""
