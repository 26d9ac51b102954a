"""How the chaos gives an order: in this process, and otherwise as the command line does it."""

from __future__ import annotations

from c8yadmin.jobs.commands import terminal
from c8yadmin.jobs.management.commands.job import Command
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders.submission import submit
from c8yadmin.jobs.undoing.reverting import revert
from tests.faults.fleet import Fleet
from tests.faults.orders import Order


def place(order: Order, fleet: Fleet) -> str:
    """Give the order; the id of its job. A second try answers with the first job."""
    connection = terminal.connect(fleet.environment)
    if order.of:
        return _revert(order.of, connection)
    words = [*_words(order, fleet), "--idem-key", order.key, "--abort-percent", ""]
    options = vars(Command().create_parser("manage.py", "job").parse_args(words))
    if way := terminal.ways().get(words[0]):
        return str(way.submit(connection, options).pk)
    return str(submit(terminal.order(connection, order.action, options)).pk)


def _words(order: Order, fleet: Fleet) -> list[str]:
    if order.file:
        path = fleet.folder / f"{order.key}.csv"
        path.write_text(order.file)
        return ["import", order.action.partition(".")[0], str(path)]
    params = (word for param in order.params for word in ("--param", param))
    return ["submit", order.action, "--ids", ",".join(order.ids), *params]


def _revert(of: Order, connection: terminal.Connection) -> str:
    """Nothing is reverted twice here."""
    if before := Job.objects.filter(reverts=of.job_id).first():
        return str(before.pk)
    job = Job.objects.get(pk=of.job_id)
    back = revert(job, connection.tenant, connection.credential, connection.owner, autostart=True)
    return str(back.pk)
