"""What an operator edits: Scrapy settings modules and the portal registry."""
