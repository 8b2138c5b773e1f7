"""The platforms of the simulated portals, a module a family."""
