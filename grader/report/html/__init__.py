"""Reports as pages: one file each, nothing loaded, no script."""
