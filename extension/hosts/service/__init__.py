"""The engine as an HTTP service, for hosts in other languages: ``endpoint-nodes serve``."""
