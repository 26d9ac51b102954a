"""The vendor's web client, @c8y/client: what `journeys.js` met, journey by journey."""

from __future__ import annotations

from typing import Any


def test_people_sign_in_by_password_token_cookie_and_code(journeys: dict[str, Any]) -> None:
    assert journeys["signIn"] == {
        "tenant": "acme",
        "names": ["admin", "tfa", "reader", "tfa"],
        "mayAdminister": True,
        "withoutCode": 401,
        "wrongPassword": 401,
    }


def test_devices_are_registered_one_by_one_and_together(journeys: dict[str, Any]) -> None:
    assert journeys["registration"] == {
        "states": ["WAITING_FOR_CONNECTION", "PENDING_ACCEPTANCE", "ACCEPTED"],
        "early": 404,
        "polled": 404,
        "owner": "device_web-1",
        "gone": 404,
        "acceptedTogether": True,
    }


def test_devices_are_registered_by_a_file(journeys: dict[str, Any]) -> None:
    assert journeys["bulkRegistration"] == {
        "counts": [2, 1, 1],
        "failed": ["web-csv-2"],
        "simple": 1,
        "waiting": "WAITING_FOR_CONNECTION",
        "found": [["Web one", "device_web-csv-1"]],
    }


def test_objects_are_created_queried_paged_changed_and_deleted(journeys: dict[str, Any]) -> None:
    assert journeys["inventory"] == {
        "equal": [10],
        "greater": [10, 15],
        "between": [5, 10],
        "either": [5, 15],
        "not": [10, 15],
        "among": [5, 15],
        "having": [5, 10, 15],
        "wildcard": [10],
        "ordered": [15, 10, 5],
        "pages": [2, 1],
        "totalPages": 2,
        "count": 3,
        "changed": [True, "seen"],
        "deleted": [204, 204, 204],
        "left": 0,
    }


def test_groups_hold_devices_that_external_ids_find(journeys: dict[str, Any]) -> None:
    assert journeys["hierarchy"] == {
        "subgroup": "c8y_DeviceSubGroup",
        "added": "a",
        "bulk": ["b", "c"],
        "children": ["a", "b"],
        "found": True,
        "unbound": 404,
        "gone": 404,
    }


def test_alarms_events_and_measurements_are_told_and_read(journeys: dict[str, Any]) -> None:
    assert journeys["records"] == {
        "same": True,
        "count": 2,
        "seen": "ACKNOWLEDGED",
        "cleared": "CLEARED",
        "counted": 1,
        "listed": 1,
        "eventGone": 404,
        "series": [[{"type": "my_Heat", "name": "T", "unit": "C"}], [0, 1, 2]],
        "last": 2,
        "known": ["my_Heat.T"],
    }


def test_files_are_attached_kept_and_read_back(journeys: dict[str, Any]) -> None:
    assert journeys["files"] == {
        "shot": "the shot",
        "detached": 404,
        "log": ["web.log", 7, "the log", True],
        "gone": 404,
    }


def test_what_happens_to_a_device_is_told_as_it_happens(journeys: dict[str, Any]) -> None:
    told = {"told": [["CREATE", "ACTIVE"], ["UPDATE", "CLEARED"]], "same": True}
    assert journeys["realtime"] == told | {"transport": "long-polling"}
    assert journeys["realtimeOverWebSocket"] == told | {"transport": "websocket"}


def test_operations_run_alone_and_in_bulk(journeys: dict[str, Any]) -> None:
    assert journeys["operations"] == {
        "status": "SUCCESSFUL",
        "progress": {"pending": 1, "failed": 0, "executing": 0, "successful": 0, "all": 1},
        "listed": 2,
        "among": True,
        "planned": ["SCHEDULED", 2],
        "cancelled": "CANCELED",
    }


def test_groups_and_inventory_roles_open_and_close(journeys: dict[str, Any]) -> None:
    assert journeys["people"] == {
        "firstName": "Ada",
        "reads": 1,
        "writes": 403,
        "sees": "web object",
        "blind": 403,
        "listed": ["web.user"],
        "gone": 404,
    }


def test_a_second_factor_is_set_up(journeys: dict[str, Any]) -> None:
    assert journeys["secondFactor"] == {"before": 404, "inactive": False, "wrong": 403, "secret": True}


def test_applications_are_kept(journeys: dict[str, Any]) -> None:
    assert journeys["applications"] == {
        "owner": "acme",
        "description": "Counts",
        "found": [True],
        "listed": True,
        "again": 409,
        "gone": 404,
    }


def test_options_and_ways_to_sign_in_are_listed(journeys: dict[str, Any]) -> None:
    told = journeys["options"]
    assert told.pop("version")
    assert told == {
        "changed": "blue",
        "listed": True,
        "gone": 404,
        "logins": ["OAUTH2_INTERNAL", "BASIC"],
    }
