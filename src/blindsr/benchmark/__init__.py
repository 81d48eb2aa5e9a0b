"""A benchmark of blind super-resolution: frozen suites of degraded images, scores with intervals, leaderboards."""
