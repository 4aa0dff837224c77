"""The API's description, made from the code that serves it."""
