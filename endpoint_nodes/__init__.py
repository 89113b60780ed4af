"""Every operation of an OpenAI-compatible API as a node."""
