"""What is materialised: thin Dagster assets, checks, jobs, schedules and sensors over ``pipeline``.

Belongs here: everything that only Dagster needs. Does not belong here: how anything is computed, or what is stale.
"""

import warnings

import dagster as dg

# A backfill policy is a beta feature of Dagster 1.13; it is what lets a range of months be one run.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
