"""What images and recordings are: sniffing, checking and repairing them in memory."""
