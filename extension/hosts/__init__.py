"""One module or package per host; nothing imports a host."""
