"""Extensions: politeness from robots.txt, progress on the terminal, the run directory and its verdict."""
