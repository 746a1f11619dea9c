"""Register the periodic jobs for instances."""

from core.jobs.registry import register_periodic
from instances.housekeeping import forget_invitations
from instances.notices.digest import mail_digests
from instances.notices.housekeeping import forget_old_notices

register_periodic("forget-invitations", every_s=24 * 3600, run=forget_invitations)
register_periodic("forget-notices", every_s=24 * 3600, run=forget_old_notices)
register_periodic("mail-notices", every_s=60, run=mail_digests)
