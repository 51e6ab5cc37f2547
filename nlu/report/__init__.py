"""Measures of an engine's understanding, and how they are shown: text, HTML, plots."""
