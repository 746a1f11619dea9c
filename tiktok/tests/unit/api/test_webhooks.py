"""The signature's header and the body of a webhook, with any content."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok.api.secret import Secret
from tiktok.api.webhooks import (
    Delivery,
    Malformed,
    PostingEvent,
    RemovalReason,
    Signature,
    parse_delivery,
    parse_signature,
    posting_event,
)

# HMAC-SHA256 of "1633174587." + BODY under SECRET, by openssl.
BODY = b'{"client_key":"our-key","event":"authorization.removed","content":"{\\"reason\\":1}"}'
SECRET = Secret("app-secret")
DIGEST = "975259dc83dba2c3b2b6daaff4a5c6482a81471baaa6514728c29a781e852400"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
few = settings(max_examples=60, deadline=None)
names = st.sampled_from(["client_key", "event", "create_time", "user_openid", "content"])


def test_signature_made_elsewhere_fits() -> None:
    signature = parse_signature(f"t=1633174587,s={DIGEST}")

    assert signature == Signature(1_633_174_587, "1633174587", DIGEST)
    assert signature.fits(BODY, SECRET)
    assert not signature.fits(BODY + b"\n", SECRET)
    assert not signature.fits(BODY, Secret("app-secret "))


@pytest.mark.parametrize("header", ["s={},t=1633174587", " t=1633174587 , s={} ", "t=1633174587,s={},v=2"])
def test_order_and_further_parts_do_not_matter(header: str) -> None:
    signature = parse_signature(header.format(DIGEST))

    assert signature is not None
    assert signature.fits(BODY, SECRET)


def test_time_is_signed_as_sent() -> None:
    signature = parse_signature(f"t=01633174587,s={DIGEST}")

    assert signature is not None
    assert not signature.fits(BODY, SECRET)


@few
@given(st.text() | st.builds("t={},s={}".format, st.text(), st.text()))
def test_any_header_is_a_signature_or_none(header: str) -> None:
    signature = parse_signature(header)

    assert signature is None or not signature.fits(BODY, SECRET)


@few
@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_delivery_or_malformed(body: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(parse_delivery(body).client_key, str)


@few
@given(st.dictionaries(names, values | st.text().map(json.dumps) | values.map(json.dumps)), st.text())
def test_of_any_types_come_texts_and_numbers_that_a_database_takes(fields: dict[str, Any], key: str) -> None:
    body = json.dumps(fields | {"client_key": key}).encode()
    try:
        delivery = parse_delivery(body)
    except Malformed:
        assert not key.isprintable()
        return

    said = (delivery.publish_id, delivery.post_id, delivery.fail_reason, delivery.publish_type)
    for text in (delivery.client_key, delivery.event, delivery.user_openid, *said):
        assert "\0" not in text
        assert text.encode().decode() == text
    assert delivery.created_at is None or 0 <= delivery.created_at < 2**35
    assert delivery.removal_reason in set(RemovalReason)


@pytest.mark.parametrize("reason", list(RemovalReason))
def test_every_documented_reason_is_read(reason: RemovalReason) -> None:
    delivery = Delivery("our-key", "authorization.removed", 1, "open-1", {"reason": int(reason)})

    assert delivery.removal_reason is reason


@pytest.mark.parametrize("event", list(PostingEvent))
def test_posting_event_is_read_in_both_spellings(event: PostingEvent) -> None:
    misspelt = event.replace("publicly", "publicaly")

    assert (posting_event(event), posting_event(misspelt)) == (event, event)


@pytest.mark.parametrize("name", ["", "post.publish", "post.publish.completed", "video.publish.completed"])
def test_other_event_is_no_posting_event(name: str) -> None:
    assert posting_event(name) is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (7123456789012345678, "7123456789012345678"),
        ("7123456789012345678", "7123456789012345678"),
        *((odd, "") for odd in (None, "", 0, -7, "7a", 7.5, True, [7], "9" * 40)),
    ],
)
def test_public_id_is_read_from_a_number_or_a_text(sent: object, read: str) -> None:
    assert Delivery("our-key", "post.publish.publicly_available", 1, "open-1", {"post_id": sent}).post_id == read


@pytest.mark.parametrize("odd", [None, 5, ["v"], "v\0", "v" * 129])
def test_odd_publish_id_is_none(odd: object) -> None:
    assert Delivery("our-key", "post.publish.complete", 1, "open-1", {"publish_id": odd}).publish_id == ""
