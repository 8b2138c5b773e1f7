"""Reports composed for tests.

``report.generate(seed)`` is a report as data, ``<format>.compose(report, **options)`` writes it as bytes, and
``truth.check(parsed, report)`` compares what was read with what was printed.
"""
