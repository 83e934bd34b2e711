"""What comes from outside: settings, clock, randomness, AWS clients, threads; and what goes there: logs and metrics."""
