"""The background work of core: outgoing email and housekeeping."""

from core.jobs import housekeeping, mail, periodic, tasks, worker
from core.jobs.registry import register_periodic, register_source, register_startup

__all__ = ["tasks", "worker"]  # Celery's side: imported so that a worker knows them

register_source(mail.due_mail, precedence=40)
register_startup(periodic.free_dead_job_leases)
register_startup(periodic.forget_retired_jobs)
register_periodic("forget-sessions", every_s=24 * 3600, run=housekeeping.forget_sessions)
register_periodic("forget-mails", every_s=24 * 3600, run=housekeeping.forget_mails)
