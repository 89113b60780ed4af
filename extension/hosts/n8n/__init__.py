"""n8n: the community package in package/, whose parameters are derived from the declarations here."""
