"""How mail leaves: by SMTP, or captured in files while developing."""
