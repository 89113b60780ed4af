"""A pack of nodes as another package would bring it."""
