"""One run in shards of its portals, done by processes here or as tasks of a Dask cluster, merged into one directory.

A city is in one shard only, so that the pace per city is kept by one process. A shard is a crawl of its own with a run
directory of its own beside ``RUNS_DIR`` (``shards/<run>/runs/<shard>``, on a disk that all workers see) and the shared
ledger. A task is done when that directory is published: one that is lost, with its process or its worker, is run again
and goes on where the crawl was; one that is done already does nothing. ``merge`` then makes the run of the shards.
"""
