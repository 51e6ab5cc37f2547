"""The outside world: directories, mail."""
