"""What is measured, each runnable by name: `python -m benchmarks.page_latency`."""
