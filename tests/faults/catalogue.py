"""The faults that the job engine must stand, and what its stream of signals must do.

A test of any folder names those that it provokes by `@pytest.mark.fault("F01")` or
`@pytest.mark.stream("S1")`; `test_catalogue` finds out whether one was forgotten. After a test of a fault the
invariants hold (see `invariants`), and `make faults` runs all of them on both databases.
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
    "F34": "two jobs on the same targets: allowed, and told",
    "F35": "many jobs of one tenant beside one of another",
    "F36": "cap and rate over several workers",
    "F37": "a start in the past, or missed",
    "F38": "SIGTERM with a grace",
    "F39": "any order of all steps",
    "F40": "deaths of workers, Redis and database for as long as one likes: memory and connections stay flat",
}

STREAMS = {
    "S1": "a change is on the page within a second",
    "S2": "web server, Redis and worker die during a job: the page ends with the right figures",
    "S3": "a hundred reconnects leave no socket, thread or queue behind",
    "S4": "a reader that does not read delays nobody and takes little memory",
    "S5": "nobody hears of jobs of another user or tenant",
    "S6": "signing out closes the streams of the session within two seconds",
    "S7": "a role that is taken away ends what it allowed to hear",
    "S8": "the answer's headers forbid to compress, keep or buffer it",
    "S9": "eight tabs of one browser over HTTP/1.1: all follow, and pages load meanwhile",
    "S10": "two thousand open streams: little memory, and news within a second",
    "S11": "a server without streams: the page polls",
    "S12": "five hundred open streams do not keep a server from stopping within five seconds",
    "S13": "a job that ends between the page and its stream is shown as ended",
}
