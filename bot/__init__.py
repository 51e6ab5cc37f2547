"""The conversation service: channels, durable runtime, dialogue.

It cannot reset anything by itself.
"""
