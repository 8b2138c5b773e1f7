"""Simulated portals of every family and dialect, larger than the demo's, for tests only.

The frame
    ``contents.make_site`` draws a county and what its column lists from a seed: reports of several years, those of
    departments and towns, look-alikes. ``platforms.base.ComposedPortal`` serves the home page, the way to the
    column and the articles; a platform adds the mechanism by which its rows are reached.
    ``cases.CASES`` names every portal; ``test_recall`` crawls them all in one run and prints recall and precision.

To add a platform
    1. Subclass ``ComposedPortal`` in a module of ``platforms/``: set ``column`` (the address of the annual-report
       column), ``article_path``, and in ``build`` serve the column and its further pages with ``self.serve(path,
       text)`` or ``self.serve(path, function of a Request)``. Rows past the first page must be reachable by the
       family's own mechanism only. ``self.blocks(n)`` gives the entries in pages of ``n``; ``self.list_page(content)``
       wraps a list into the portal's frame.
    2. At the end of the module, ``CASES = (Case("gkmlpt", GkmlptPortal, "gkmlpt"), …)``: the portal's name, its
       class, the family that must be recognised, the outcome it must have, its hosts if there are several.
    3. Name the module in ``cases.MODULES``.
"""
