"""Commands of ``scrapy``, one per question.

Scrapy loads all of them to run one: what a command works with is imported where it is used.
"""
