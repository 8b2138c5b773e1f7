"""What an operator looks at in the morning: the run's report, who needs attention, alerts, metrics.

``report.compose`` is a pure function from a run's outcomes, statistics and history to the JSON of ``report.json``;
``page.render`` makes ``report.html`` of it, ``alerts`` and ``metrics`` send it on. ``crawler.extensions.watch`` calls
them when a run is published. Nothing here can change a run's verdict.
"""
