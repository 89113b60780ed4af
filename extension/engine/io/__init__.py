"""What a run reads and writes: input tables and folders, media files, result tables."""
