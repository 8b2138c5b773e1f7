"""Commands of ``scrapy``, one per question.

Scrapy loads all of them to run one: what a command works with is imported where it is used.
"""

import gc

gc.set_threshold(5000)  # objects between two collections: to load a module or to read a page makes that many that stay
