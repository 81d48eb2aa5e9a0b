"""Routes of ``/v1`` and the page."""
