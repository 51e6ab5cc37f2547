"""How the bot reaches the backend: typed calls over HTTP, and nothing else."""
