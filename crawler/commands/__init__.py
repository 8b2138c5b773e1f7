"""Commands of ``scrapy``, one per question."""
