"""Facts inside a message, with their exact places."""
