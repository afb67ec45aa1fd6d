"""How the work is done: plain Python and SQL, usable without Dagster. Nothing here imports Dagster."""
