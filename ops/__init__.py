"""What both services need to be operated: settings, clock, logs, metrics, health."""
