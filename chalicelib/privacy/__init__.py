"""What is kept of people: erased and exported at their word, and gone after its time."""
