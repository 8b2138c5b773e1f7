"""Item pipelines: a ``ReportSource`` is archived, parsed into an ``AnnualReport``, and validated."""
