"""Everything the assistant can say, in Indonesian and English, and how it is filled in."""
