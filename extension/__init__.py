"""What runs nodes: the engine, the sandbox service, the reports and the hosts."""
