"""Downloader middlewares, one responsibility each."""
