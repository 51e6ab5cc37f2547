"""Understanding: from a message to an intent and entities, locally."""
