"""What the parsers and the crawl cost, measured."""
