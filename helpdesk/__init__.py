"""The program: the command line that starts and tends both services."""
