"""From the portal of a province to the portals of its cities and counties, each confirmed by what it says of itself.

* ``names``: which region a link's text names, seen from the page it is on
* ``links``: the links of a page that may lead to other governments' sites, and the pages that list such links
* ``look``: one visit to one address: what answers there, and whose it says it is
* ``search``: whom to visit next, and what became of each region
* ``records``: the outcome of a region, rows of the registry, what was left out and why

Used by the spiders ``portal_directory`` and ``registry_visit`` (``scrapy portals verify``).
"""
