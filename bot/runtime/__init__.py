"""The durable core: inbox, one turn per conversation, outbox, timers."""
