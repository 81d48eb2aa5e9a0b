"""Networks in other runtimes than torch: their graphs, files of them, and sessions that compute them."""
