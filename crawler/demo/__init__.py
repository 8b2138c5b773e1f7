"""Simulated government portals on loopback, and the annual reports they serve.

Five hosts stand for the five seed portals: their publishing platform, the way their lists are reached and
their quirks. Everything on them is composed for this project; the figures of five reports are those that the
governments published, all other figures are generated and say so on the page.

``fleet.PortalFleet`` starts and stops them, ``registry_rows`` describes them as the crawler's registry does,
``expectations`` says what a crawl of them has to find. The command ``scrapy demo`` and the end-to-end tests
are the two users.
"""
