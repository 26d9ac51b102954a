"""Laws of the SDK that hold for whatever comes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk import BasicAuth, ManagedObject, parse_auth, path
from sdk import query_language as ql
from sdk.model.filters import camel
from sdk.model.projection import Projection
from sdk.rest import codec, redaction


def law(*of: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A law for all of these; without a time limit, since other suites may run beside it."""
    return lambda test: settings(max_examples=60, deadline=None)(given(*of)(test))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, JSON, max_size=6)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON, where true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@law(DOCUMENTS)
def test_what_comes_in_goes_out_and_is_no_change(document: dict[str, Any]) -> None:
    one = ManagedObject.from_json(document)
    assert same(dict(one), document)
    assert same(one.to_json(), document)
    assert one.changes() == {}


@law(DOCUMENTS, DOCUMENTS)
def test_changes_are_exactly_what_differs(before: dict[str, Any], after: dict[str, Any]) -> None:
    one = ManagedObject.from_json(before)
    json_of = one._writable()
    json_of.clear()
    json_of.update(after)
    merged = {**before, **one.changes()}
    kept = {key: value for key, value in merged.items() if value is not None}
    assert same(kept, {key: value for key, value in after.items() if value is not None})
    assert all(not same(before.get(key), value) for key, value in one.changes().items())


@law(DOCUMENTS, KEYS, JSON)
def test_a_written_value_is_read_back(document: dict[str, Any], key: str, value: Any) -> None:
    one = ManagedObject.from_json(document)
    one[f"new:{key.replace('.', '_')}"] = value
    assert same(one[f"new:{key.replace('.', '_')}"], value)
    assert document.items() <= dict(one).items() or not same(document, dict(one))


@law(
    st.lists(DOCUMENTS, max_size=4),
    st.lists(KEYS | st.builds("{}.{}".format, KEYS, KEYS), min_size=1, max_size=4),
)
def test_values_are_what_the_objects_hold(documents: list[dict[str, Any]], paths: list[str]) -> None:
    body = msgspec.json.encode({"rows": documents})
    found = Projection("rows", "", [(one, "default") for one in paths])(body).rows
    objects = [ManagedObject.from_json(one) for one in documents]
    assert same(found, [one.as_tuple(*((path, "default") for path in paths)) for one in objects])


@law(TEXT)
def test_any_text_is_one_literal_of_the_query_language(text: str) -> None:
    condition = ql.eq("name", text)
    assert ql.balanced(condition) == condition
    assert condition.startswith("name eq '")
    assert condition[9:-1].replace("''", "'") == text
    assert ql.split(ql.compose(condition, "name desc")) == (f"({condition})", "name desc")


@law(TEXT)
def test_raw_text_stays_within_its_parentheses_or_is_refused(raw: str) -> None:
    try:
        condition = ql.all_of("marker eq 1", raw)
    except ValueError:
        return
    if not raw.strip():
        assert condition == "marker eq 1"
        return
    inside = condition.removeprefix("(marker eq 1) and (").removesuffix(")")
    assert inside == raw.strip()
    outside = re.sub(r"'[^']*'", "", inside)
    depth = 0
    for character in outside:
        depth += (character == "(") - (character == ")")
        assert depth >= 0


@law(st.lists(TEXT.filter(lambda text: text not in {"", ".", ".."}), min_size=1, max_size=4))
def test_segments_come_apart_as_they_were_put_together(segments: list[str]) -> None:
    joined = path(*segments)
    assert re.fullmatch(r"[A-Za-z0-9_.~%/-]+", joined)
    assert [unquote(one) for one in joined.split("/")[1:]] == segments
    assert codec.resource_path(joined) == joined


@law(st.lists(st.tuples(KEYS, TEXT), max_size=5))
def test_parameters_come_apart_as_they_were_put_together(pairs: list[tuple[str, str]]) -> None:
    query = codec.query_string(pairs)
    assert re.fullmatch(r"[!-~]*", query)
    assert "+" not in query
    assert parse_qsl(query, keep_blank_values=True) == pairs


@law(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_moments_survive_to_the_millisecond_in_any_zone(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    again = codec.parse_instant(codec.instant(aware))
    assert again == aware.replace(microsecond=aware.microsecond // 1000 * 1000)


@law(st.integers(0, 10**6), st.integers(0, 23), st.integers(0, 59))
def test_ages_add_up(days: int, hours: int, minutes: int) -> None:
    assert codec.age(f"{days % 1000}d{hours}h {minutes}m") == timedelta(
        days=days % 1000, hours=hours, minutes=minutes
    )


NAMES = st.from_regex(r"[a-z]+(_[a-z]+){0,3}", fullmatch=True)


@law(NAMES, NAMES)
def test_two_names_never_become_the_same_parameter(one: str, other: str) -> None:
    assert (camel(one) == camel(other)) == (one == other)


@law(
    st.sampled_from(["authorization", "cookie", "set-cookie", "x-xsrf-token", "proxy-authorization"]),
    st.data(),
)
def test_no_spelling_of_a_header_shows_its_secret(name: str, data: st.DataObject) -> None:
    flips = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    spelt = "".join(letter.upper() if flip else letter for letter, flip in zip(name, flips, strict=True))
    assert "canary" not in str(redaction.headers({spelt: "Bearer canary"}))


@law(DOCUMENTS, st.sampled_from(["password", "newPassword", "credentials.x", "securityToken", "tfa_code"]))
def test_no_depth_hides_a_secret(document: dict[str, Any], key: str) -> None:
    hidden = {"a": [document, {"b": {key: "c4n4ry", "deeper": [{key: {"x": "c4n4ry"}}]}}]}
    assert "c4n4ry" not in str(redaction.body(hidden))


USERS = st.text(
    st.characters(min_codepoint=33, exclude_characters=":/", exclude_categories=["Cs"]),
    min_size=1,
    max_size=9,
)


@law(USERS, USERS, TEXT)
def test_basic_credentials_come_apart_as_they_were_put_together(
    tenant: str, user: str, password: str
) -> None:
    auth = BasicAuth(user, password).bound_to(tenant)
    again = parse_auth(auth.build_auth_header())
    assert (again.get_tenant_id(), again.get_username()) == (tenant, user)
    assert again.build_auth_header() == auth.build_auth_header()
    assert auth.bound_to(tenant) is auth
