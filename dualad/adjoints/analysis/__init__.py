"""What is true of a program: shared memory, activity, bounds, counters, and where partials are singular."""
