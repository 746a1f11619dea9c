"""The checks that core adds to the doctor, and the looks of findings."""

from core.doctor import address, database, environment, looks, machine, mail, run, workers
from core.web.looks import register as register_looks


def register() -> None:
    """Register the checks in the order in which an operator reads the findings."""
    run.register(environment.names, environment.values, environment.hosts, environment.zone_data)
    run.register(environment.operator)
    run.register(address.reaches_us)
    run.register(database.answers, database.is_up_to_date, database.role, database.history, database.clock)
    run.register(machine.broker, machine.disk)
    run.register(mail.set_up, mail.queue)
    run.register(workers.at_work)
    register_looks(looks.LOOKS)
