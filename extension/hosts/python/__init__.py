"""Python as a host: running nodes from scripts and notebooks."""
