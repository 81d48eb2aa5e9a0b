"""``blindsr serve``: a web application; its server process decodes nothing and leaves work to worker processes."""
