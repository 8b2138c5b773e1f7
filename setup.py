"""What ``scrapyd-deploy`` builds its egg with; everything is said in pyproject.toml."""

from setuptools import setup

setup()
