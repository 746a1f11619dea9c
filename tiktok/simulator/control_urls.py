"""The control API's part about URL properties: the page of the developer portal on which they are verified."""

from tiktok.simulator import demo, ownership
from tiktok.simulator.control_input import flag, matching, text
from tiktok.simulator.entities import UrlProperty
from tiktok.simulator.messages import Json, Refusal
from tiktok.simulator.world import World


def describe(url_property: UrlProperty) -> Json:
    return {
        "client_key": url_property.client_key,
        "kind": url_property.kind,
        "value": url_property.value,
        "file_name": url_property.file_name,
        "file_content": url_property.file_content,
        "is_verified": url_property.verified_at is not None,
    }


def list_properties(world: World, body: Json) -> Json:
    return matching((describe(found) for found in world.url_properties.all()), body)


def add_property(world: World, body: Json) -> Json:
    """Register a prefix or a domain; ``verified`` skips the check, which for domains (a DNS record) is the only way."""
    app = world.app(text(body, "client_key", demo.CLIENT_KEY))
    kind = "prefix" if "prefix" in body else "domain"
    added = ownership.make_property(app, kind, text(body, kind), loopback=world.loopback)
    if flag(body, "verified"):
        added.verified_at = world.now()
    elif kind == "domain":
        raise Refusal(400, "not_verifiable", "There is no DNS here: a domain needs 'verified'")
    elif known := world.url_properties.get(added.key):
        return describe(known)
    return describe(world.url_properties.save(added))


def find(world: World, body: Json) -> UrlProperty:
    kind = "prefix" if "prefix" in body else "domain"
    client_key, value = text(body, "client_key", demo.CLIENT_KEY), text(body, kind)
    found = world.url_properties.get(f"{client_key} {value}")
    if found is None:
        raise Refusal(404, "unknown_url_property", f"The app has no {kind} {value!r}")
    return found


def verify_property(world: World, body: Json) -> Json:
    """Fetch the verification file at the prefix. Raises Refusal saying what is wrong with it."""
    with world.lock:
        found = find(world, body)
    if fault := ownership.check_file(found):
        raise Refusal(400, "not_verified", fault)
    with world.lock:
        found.verified_at = world.now()
        return describe(world.url_properties.save(found))


def remove_property(world: World, body: Json) -> Json:
    """Remove a prefix or domain: TikTok no longer pulls from it."""
    world.url_properties.remove(find(world, body))
    return {}
