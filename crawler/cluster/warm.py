"""Loads what a shard needs, for the process that the shards of this machine are forked from: no settings, which each
shard has of its own, and no reactor.
"""

import gc

import crawler.commands.crawl
import crawler.commands.reparse
import crawler.extensions.publish
import crawler.extensions.watch
import crawler.pipelines.archive
import crawler.pipelines.changed
import crawler.pipelines.join
import crawler.pipelines.validate
import crawler.spiders.annual_reports
import crawler.spiders.archive
import crawler.starting  # noqa: F401

gc.freeze()  # so that a collection of a shard leaves these pages to all of them
