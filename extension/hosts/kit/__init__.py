"""What every host needs and none decides for itself: names, words, files, exit codes. It imports no host."""
