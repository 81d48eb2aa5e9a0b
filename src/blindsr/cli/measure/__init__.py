"""Commands that measure: against papers, benchmarks and originals."""
