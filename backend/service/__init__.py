"""What the backend does: one module per job, over the store and the ports."""
