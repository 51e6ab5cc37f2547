"""Sphinx configuration."""

project = "Campus Helpdesk"
author = "The Campus Helpdesk founders"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]
html_theme = "furo"
html_title = "Campus Helpdesk"
myst_enable_extensions = ["colon_fence"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
