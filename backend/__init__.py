"""The account service: codes, grants, passwords, tickets, guests, audit."""
