"""Where accounts live: one module per kind of directory, one contract suite for all."""
