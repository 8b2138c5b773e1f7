"""Memory of earlier runs: what each portal was like, what was found there, what became of it.

``Ledger.open(url)`` gives the database; ``recall`` before a visit, ``write`` after it. Other parts of the project read
through ``Ledger`` (``outcomes``, ``history``, ``versions``), not by SQL of their own. See docs/ledger.md.
"""

from crawler.ledger.records import Memory, Page, PortalRecord, Version
from crawler.ledger.store import Ledger, LedgerLost

__all__ = ["Ledger", "LedgerLost", "Memory", "Page", "PortalRecord", "Version"]
