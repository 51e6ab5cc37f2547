"""One module per command of `helpdesk`. Each imports its service only when it runs."""
