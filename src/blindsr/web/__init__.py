"""Web application of ``blindsr serve``; its server process decodes no images and leaves work to worker processes."""
