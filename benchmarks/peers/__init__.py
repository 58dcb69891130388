"""What the survey's pages are measured beside, and how: ``benchmarks/survey_throughput.py``."""
