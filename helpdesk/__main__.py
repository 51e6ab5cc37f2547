"""`python -m helpdesk` is `helpdesk`."""

from helpdesk.cli import main

main()
