"""What is kept of people, and erased at their word."""
