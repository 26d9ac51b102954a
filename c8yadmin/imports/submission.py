"""From an upload and its mapping to a job."""

from __future__ import annotations

import contextlib
from typing import Any

from c8yadmin.accounts.credentials import Credential
from c8yadmin.core.jsontext import Json
from c8yadmin.core.tenants import Tenant
from c8yadmin.imports.mapping import Mapping
from c8yadmin.imports.models import Upload
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.orders.scopes import Spec
from c8yadmin.jobs.orders.submission import Order, submit
from c8yadmin.jobs.registry import Action, find_action
from c8yadmin.jobs.states import State

_OPEN = {State.PREPARING, State.READY}
_UNDONE = _OPEN | {State.CANCELING, State.CANCELED, State.FAILED}


def is_replaceable(upload: Upload) -> bool:
    """Whether the file may still be understood in another way: nothing of it was sent, or is about to be."""
    job = upload.job
    return job is None or (job.started_at is None and (job.standing in _UNDONE or job.prepared_at is None))


def action_of(upload: Upload) -> Action:
    """What a job does with the file."""
    action = find_action(f"{upload.kind}.import")
    if action is None:
        raise LookupError(f"Nothing imports {upload.kind}.")
    return action


def params_of(upload: Upload, mapping: Mapping) -> Json:
    """What the job keeps."""
    return {"upload": str(upload.pk), "file": upload.name, "mapping": mapping.stored()}


def spec_of(upload: Upload) -> Spec:
    """What the job is aimed at."""
    return {"source": str(upload.pk), "words": f"of {upload.name}"}


def order_of(
    tenant: Tenant,
    credential: Credential,
    owner: str,
    upload: Upload,
    mapping: Mapping,
    idem_key: str,
    **more: Any,
) -> Order:
    """The order of a job that checks the rows and then waits for its confirmation."""
    action, params = action_of(upload), params_of(upload, mapping)
    return Order(tenant, credential, owner, action, params, spec_of(upload), idem_key=idem_key, **more)


def start(upload: Upload, mapping: Mapping, order: Order) -> Job:
    """Submit `order` in the place of a job that was not confirmed."""
    before = upload.job
    if before and before.idem_key != order.idem_key and before.standing in _OPEN:
        with contextlib.suppress(NotAllowed):  # it ended by itself
            control.cancel(before, order.owner)
    Upload.objects.filter(pk=upload.pk).update(mapping=mapping.stored())
    job = submit(order)
    Upload.objects.filter(pk=upload.pk).update(job=job)
    return job
