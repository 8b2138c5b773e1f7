"""Knows portals, HTTP and Scrapy, and no table of any report: from a row of the registry to a run's directory."""
