"""What is materialised: thin Dagster assets, checks, jobs, schedules and sensors over ``pipeline``.

Belongs here: everything that only Dagster needs. Does not belong here: how anything is computed, or what is stale.
"""
