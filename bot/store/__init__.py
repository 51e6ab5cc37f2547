"""The bot's tables."""
