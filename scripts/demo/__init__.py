"""scripts/start: the product on this machine, and the journey that shows it."""
