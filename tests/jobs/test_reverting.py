"""What a job did is taken back by another one, and only that."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from c8yadmin.core.tenants import find
from c8yadmin.jobs import engine
from c8yadmin.jobs.execution import claims
from c8yadmin.jobs.execution.audit import audit
from c8yadmin.jobs.execution.differences import frozen
from c8yadmin.jobs.execution.sweeper import sweep
from c8yadmin.jobs.execution.transitions import NotAllowed
from c8yadmin.jobs.models import BeforeImages, Chunk, ItemResult, Job
from c8yadmin.jobs.orders import control
from c8yadmin.jobs.orders.submission import retry
from c8yadmin.jobs.registry import Image
from c8yadmin.jobs.undoing import images
from c8yadmin.jobs.undoing.reverting import NotRevertible, forget
from tests.jobs.painting import Shop
from tests.jobs.reading import figures

pytestmark = pytest.mark.django_db


def told(job: Job) -> dict[str, str]:
    """The exceptions of the job, in words."""
    return dict(ItemResult.objects.filter(chunk__job=job).values_list("item_id", "message"))


def test_a_reverted_job_leaves_everything_as_it_was(shop: Shop) -> None:
    job = shop.order(1234)
    assert not shop.as_it_was
    back = shop.revert(job)
    assert figures(back) == {"state": "COMPLETED", "total": 1234, "ok": 1234}
    assert shop.as_it_was
    assert (back.action, back.reverts) == ("test.paint.revert", job)
    assert not list(audit())


def test_what_others_changed_since_is_left_alone_and_named(shop: Shop) -> None:
    job = shop.order(5)
    shop.colours["2"] = "pink"
    del shop.colours["3"]
    shop.colours["4"] = "colour 4"
    back = shop.revert(job)
    assert figures(back) == {"state": "COMPLETED", "total": 5, "ok": 2, "skipped": 3}
    assert told(back) == {
        "2": "Changed since: colour.",
        "3": "Deleted since the job was prepared: There is no such thing.",
        "4": "It is as it was before.",
    }
    assert shop.colours["2"] == "pink"


def test_a_revert_can_be_reverted_as_often_as_one_likes(shop: Shop) -> None:
    job = shop.order(3)
    painted = dict(shop.colours)
    back = shop.revert(job)
    redo = shop.revert(back)
    assert (redo.action, shop.colours) == ("test.paint.redo", painted)
    assert shop.revert(redo).action == "test.paint.revert"
    assert shop.as_it_was
    assert redo.summary == "Redo: Paint painted"


def test_what_a_job_skipped_is_no_target_of_its_revert(shop: Shop) -> None:
    shop.before_brush = lambda id: shop.colours.update({"5": "painted already"})
    job = shop.order(5, settings={"parallel": 1})
    assert figures(job)["skipped"] == 1
    back = shop.revert(job)
    assert sorted(frozen(back, 0, 10)) == ["1", "2", "3", "4"]


def test_a_canceled_job_is_reverted_as_far_as_it_came(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = claims.commit

    def canceled_meanwhile(*args: Any, **kwargs: Any) -> claims.Verdict:
        if len(shop.strokes) > 700:
            with suppress(NotAllowed):
                control.cancel(Job.objects.get(), "somebody")
        return commit(*args, **kwargs)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(claims, "commit", canceled_meanwhile)
        job = shop.order(2000)
    done = figures(job)["ok"]
    assert (figures(job)["state"], 700 <= done < 1000) == ("CANCELED", True)
    back = shop.revert(job)
    assert figures(back)["ok"] == done
    assert shop.as_it_was


def test_a_retry_of_a_revert_still_knows_what_was_there(shop: Shop) -> None:
    job = shop.order(4)

    def fails(id: str) -> None:
        if id == "3":
            raise ZeroDivisionError

    shop.before_brush = fails
    back = shop.revert(job)
    assert figures(back) == {"state": "COMPLETED_WITH_ERRORS", "total": 4, "ok": 3, "failed": 1}
    shop.before_brush = lambda id: None
    again = retry(back, *connection(shop), autostart=True)
    assert figures(again) == {"state": "COMPLETED", "total": 1, "ok": 1}
    assert again.reverts == job
    assert shop.as_it_was


def test_a_retry_of_a_revert_whose_images_are_being_removed_fails_in_words(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = shop.order(1100)

    def fails(id: str) -> None:
        if id in ("3", "1003"):
            raise ZeroDivisionError

    shop.before_brush = fails
    back = shop.revert(job)
    shop.before_brush = lambda id: None
    removing(back, monkeypatch)
    again = retry(back, *connection(shop), autostart=True)
    again.refresh_from_db()
    assert figures(again)["state"] == "FAILED"
    assert "was removed before all of its targets were found. Nothing was changed." in again.problem
    assert shop.colours["3"] == "colour 3 painted"


def test_a_retry_does_not_take_what_its_parent_did_for_the_original(shop: Shop) -> None:
    def fails_afterwards(id: str) -> None:
        if id == "3":
            raise ZeroDivisionError

    shop.after_brush = fails_afterwards
    job = shop.order(4)
    shop.after_brush = lambda id: None
    again = retry(job, *connection(shop), autostart=True)
    assert figures(again) == {"state": "COMPLETED", "total": 1, "ok": 1}
    assert shop.colours["3"] == "colour 3 painted"
    shop.revert(again)
    assert shop.colours["3"] == "colour 3"


def connection(shop: Shop) -> tuple[Any, Any, str]:
    return find("acme"), shop.credential, "admin"


def without_images(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(days=1000))
    forget()


def without_chunks(job: Job) -> None:
    Chunk.objects.filter(job=job).delete()


def reverting_in_turns(shop: Shop, settings: Any) -> tuple[Job, Job]:
    """A job of three chunks, and its revert, which is prepared a chunk at a time; nothing of it is yet."""
    job = shop.order(1100)
    while not job.is_terminal:
        engine.work(job.pk, "w")
        job.refresh_from_db()
    settings.JOBS_SLOT_SECONDS = 0.0
    return job, shop.revert(job)


@pytest.mark.parametrize("lose", [without_images, without_chunks])
def test_a_revert_that_loses_its_place_while_it_is_prepared_fails_in_words(
    shop: Shop, no_workers: None, settings: Any, lose: Callable[[Job], None]
) -> None:
    job, back = reverting_in_turns(shop, settings)
    engine.work(back.pk, "first")
    assert figures(back)["total"] == 500
    lose(job)
    engine.work(back.pk, "second")
    assert figures(back)["state"] == "FAILED"
    back.refresh_from_db()
    assert back.problem == (
        f"What job {job.pk} kept was removed before all of its targets were found. Nothing was changed."
    )


def removing(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the images of a chunk of a job whose time is over; those of others wait for the next pass."""
    monkeypatch.setattr("c8yadmin.jobs.undoing.reverting.AT_ONCE", 1)
    without_images(job)
    assert BeforeImages.objects.filter(chunk__job=job).exists()


def test_a_job_whose_images_are_being_removed_cannot_be_reverted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = shop.order(1100)
    removing(job, monkeypatch)
    job.refresh_from_db()
    began = job.images_removed_at
    with pytest.raises(NotRevertible, match="was kept for 30 days, and is removed by now"):
        shop.revert(job)
    for _ in range(4):
        forget()
    assert not BeforeImages.objects.exists()
    with pytest.raises(NotRevertible, match="was kept for 30 days, and is removed by now"):
        shop.revert(job)
    assert (job.images_removed_at, job.keeps_images) == (began, False)


@pytest.mark.parametrize("turns", [0, 1])
def test_a_revert_that_is_prepared_while_images_are_removed_fails_in_words(
    shop: Shop, no_workers: None, settings: Any, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    job, back = reverting_in_turns(shop, settings)
    for _ in range(turns):
        engine.work(back.pk, "first")
    removing(job, monkeypatch)
    engine.work(back.pk, "second")
    assert figures(back)["state"] == "FAILED"
    back.refresh_from_db()
    assert "was removed before all of its targets were found. Nothing was changed." in back.problem


def test_a_revert_in_stages_still_knows_what_was_there(shop: Shop) -> None:
    back = shop.revert(shop.order(10), autostart=False)
    back.stages, back.stage_wait = ["3", "100%"], 0
    back.save()
    control.confirm(back, "admin", typed=None)
    assert [chunk.n for chunk in back.chunks.order_by("seq")] == [3, 7]
    for _ in range(3):
        sweep()
    assert figures(back) == {"state": "COMPLETED", "total": 10, "ok": 10}
    assert shop.as_it_was


def test_two_reverts_at_once_are_refused(shop: Shop) -> None:
    job = shop.order(3)
    shop.revert(job, autostart=False)
    with pytest.raises(NotRevertible, match="about to revert it already"):
        shop.revert(job)


def test_a_job_that_changed_nothing_cannot_be_reverted(shop: Shop) -> None:
    job = shop.order(2)
    shop.revert(job)
    with pytest.raises(NotRevertible, match="changed nothing"):
        shop.revert(shop.revert(job))


def test_a_job_under_way_cannot_be_reverted(shop: Shop) -> None:
    with pytest.raises(NotRevertible, match="when it is over"):
        shop.revert(shop.order(2, autostart=False))


def test_images_are_removed_when_their_time_is_over(shop: Shop, settings: Any) -> None:
    settings.JOBS_UNDO_DAYS = 7
    job = shop.order(2)
    sweep()
    assert BeforeImages.objects.exists()
    Job.objects.update(finished_at=timezone.now() - timedelta(days=8))
    sweep()
    assert not BeforeImages.objects.exists()
    with pytest.raises(NotRevertible, match="was kept for 7 days, and is removed by now"):
        shop.revert(job)
    assert not list(audit())


def test_a_preview_of_a_revert_shows_what_comes_back(shop: Shop) -> None:
    job = shop.order(3)
    shop.colours["2"] = "pink"
    del shop.colours["3"]
    back = shop.revert(job, autostart=False)
    back.refresh_from_db()
    shown = {item["id"]: (item["before"], item["after"], item["note"]) for item in back.preview["items"]}
    assert back.total == 3
    assert shown["1"] == ({"colour": "colour 1 painted"}, {"colour": "colour 1"}, "")
    assert shown["2"] == ({}, {}, "Changed since: colour.")
    assert shown["3"] == ({}, {}, "It was deleted since, and will be skipped.")


def test_a_million_images_take_little_room(shop: Shop) -> None:
    chance = random.Random(1)  # noqa: S311  # no secret
    job = shop.order(500, autostart=False)
    chunk = Chunk.objects.get(job=job)
    for id in chunk.targets:
        before = {"c8y_Note": {"text": f"was {chance.getrandbits(40):x}", "by": "somebody"}}
        images.write(chunk.pk, [(str(10_000_000 + int(id)), Image(before, {"c8y_Note": {"text": "hello"}}))])
    images.pack(chunk.pk)
    row = BeforeImages.objects.get()
    assert len(row.data) / row.n < 25


def test_large_images_are_kept_in_several_rows(shop: Shop) -> None:
    job = shop.order(5, autostart=False)
    chunk = Chunk.objects.get(job=job)
    large = Image({"text": "x" * 600_000}, {})
    images.write(chunk.pk, [(id, large) for id in chunk.targets])
    images.write(chunk.pk, [("1", Image({"text": "last"}, {}))])
    images.pack(chunk.pk)
    assert sorted(BeforeImages.objects.values_list("n", flat=True)) == [2, 3]
    found = images.of_chunk(chunk.pk)
    assert found.keys() == set(chunk.targets)
    assert found["1"].before == {"text": "last"}
    assert json.dumps(found["2"].before) == json.dumps(large.before)


def test_no_more_targets_are_under_way_than_threads_while_images_wait(shop: Shop) -> None:
    lock, under_way, most = threading.Lock(), [0], [0]

    def begin(id: str) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.005)

    def end(id: str) -> None:
        with lock:
            under_way[0] -= 1

    shop.before_brush, shop.after_brush = begin, end
    assert figures(shop.order(200, settings={"parallel": 4}))["ok"] == 200
    assert most[0] == 4
