"""The faults that the job engine must stand, and what is not provoked here, with the reason.

A test names the faults that it provokes by `@pytest.mark.fault("F01")`; those of `ELSEWHERE` are provoked by
tests of other folders.
"""

from __future__ import annotations

FAULTS = {
    "F01": "kill -9 of a worker's child in the middle of a batch",
    "F02": "kill -9 of a worker's main process",
    "F03": "kill -9 of all workers, and a start anew",
    "F04": "a death at any moment between claim and settlement",
    "F05": "a worker that is frozen for longer than its lease and wakes up",
    "F06": "one target that kills every worker",
    "F07": "Redis restarts",
    "F08": "Redis restarts empty, or is flushed",
    "F09": "Redis is down while jobs are submitted",
    "F10": "Redis is full",
    "F11": "Redis accepts connections and never answers",
    "F12": "PostgreSQL restarts at once",
    "F13": "connections of PostgreSQL are ended",
    "F14": "another writer locks SQLite",
    "F15": "the disk of the database is full, or it is read-only",
    "F16": "the tenant answers 500, 503, or 429 with any Retry-After",
    "F17": "the tenant never answers, breaks off, or answers with a page",
    "F18": "the effect happens and its answer is lost",
    "F19": "the sign-in ends while the job runs",
    "F20": "the rights are taken away while the job runs",
    "F21": "pause and resume, also during preparation",
    "F22": "cancel in every state, twice, and against the last commit",
    "F23": "ten wake-ups for one job",
    "F24": "wake-ups for no job, unknown actions, parameters of another version",
    "F25": "two sweepers at once",
    "F26": "the beat is dead",
    "F27": "the clock of a host leaps",
    "F28": "workers of two versions at once",
    "F29": "the web server restarts under open streams",
    "F30": "the edges of the abort threshold",
    "F31": "a retry of a retry, of nothing, of what has vanished",
    "F32": "no target, one, doubled ones, a million",
    "F33": "targets that vanish between preview and run",
    "F34": "two jobs on the same targets",
    "F35": "many jobs of one tenant beside one of another",
    "F36": "cap and rate over several workers",
    "F37": "a start in the past, or missed",
    "F38": "SIGTERM with a grace",
    "F39": "any order of all steps",
    "F40": "a day of all of that",
}
ELSEWHERE = {
    "F06": [
        "tests/jobs/test_claims.py::test_a_target_that_kills_every_worker_is_given_up_and_the_rest_goes_on"
    ],
    "F16": [
        "tests/jobs/test_tenant.py::test_a_tenant_that_wants_patience_is_left_alone_by_all_its_jobs",
        "tests/jobs/test_tenant.py::test_a_sick_tenant_is_given_pauses_and_after_ten_minutes_up",
        "tests/jobs/test_states.py::test_a_tenant_that_asks_for_patience_gets_it_within_reason",
    ],
    "F17": ["tests/jobs/test_tenant.py::test_passing_trouble_is_tried_again"],
    "F20": ["tests/jobs/test_tenant.py::test_where_nothing_is_permitted_the_job_stops_asking"],
    "F21": [
        "tests/jobs/test_control.py::test_a_paused_job_stops_within_a_batch_and_goes_on_where_it_stopped",
        "tests/jobs/test_control.py::test_a_job_paused_while_it_is_prepared_goes_on_preparing",
    ],
    "F29": ["tests/live/test_server.py::test_a_server_with_open_streams_stops_at_once_and_says_goodbye"],
    "F31": ["tests/jobs/test_control.py::test_only_what_failed_is_retried_by_a_job_of_its_own"],
    "F33": [
        "tests/jobs/test_tenant.py::test_a_device_deleted_after_the_count_is_skipped_and_an_unknown_id_fails"
    ],
}
BY_CHAOS = {"F12", "F13"}  # `make chaos` restarts PostgreSQL and ends its connections
NOT_YET = {
    "F34": "two jobs on the same targets are allowed and not yet warned about",
    "F40": "a day is longer than any run of the tests; chaos of minutes stands for it",
}
