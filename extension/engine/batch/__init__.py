"""Batches: the same requests in a service's batch files, for half the price, within a day."""
