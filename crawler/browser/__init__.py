"""Pages that show nothing without JavaScript, rendered by scrapy-playwright with Debian's Chromium (extra ``browser``).

``handler`` is Scrapy's download handler: plain requests go the plain way, those with ``meta["render"]`` through a
browser that is started when the first one comes. ``routes`` fetches all that a page asks for by the crawler's own
means; ``wall`` is where any other connection of the browser ends.
"""
