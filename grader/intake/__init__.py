"""What was handed in: files, folders, archives and exports become entries of a batch. Nothing here reads mathematics."""
