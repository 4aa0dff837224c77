"""Notifications: who is told of what, in the inbox and by e-mail, as each person chooses."""
