"""What travels along an edge: configurations, files, tables. Pure data, no I/O."""
