"""Engines beside the embedded one."""
