"""The catalogue: a static site of what was published, what is missing and what does not add up.

``scrapy site build`` reads a warehouse through ``data`` alone, and archived pages through the archive's reader; it
writes plain HTML that opens from any web server and from disk, a tree a language (``zh/``, ``en/``). ``pages`` and
``report`` turn rows into what a template shows, ``output`` writes a page only when what it shows has changed,
``archived`` makes the inert copies that a cell leads to. How it is built and published: docs/site.md.
"""
