"""Commands of ``scrapy``, one per question.

Scrapy loads all of them to run one: what a command works with is imported where it is used.
"""

import atexit
import gc

gc.set_threshold(5000)  # objects between two collections: to load a module or to read a page makes that many that stay
atexit.register(gc.freeze)  # what is there at the end is not looked through once more: it took 0.2 s
