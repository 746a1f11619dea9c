"""Register the periodic jobs for people and customers."""

from accounts.limits import forget_expired_limits
from core.jobs.registry import register_periodic

register_periodic("forget-limits", every_s=600, run=forget_expired_limits)
