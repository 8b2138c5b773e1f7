"""Spiders: the entry points of a crawl. How a portal is walked is in ``crawler.walk``."""
