"""Keeping responses, so that nothing is bought twice."""
