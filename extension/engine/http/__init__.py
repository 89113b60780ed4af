"""Requests over the network: sending, retrying, limits, budgets and downloads."""
