"""The REST API: mounts each app's router by name."""

from django.utils.module_loading import import_string

api = import_string("instances.openapi.ClipdeskApi")(
    title="Clipdesk",
    version="1",
    description=(
        "Publish to TikTok from programs. A key belongs to one instance; send it as `Authorization: Bearer …`. "
        "Errors are RFC 9457 problem details with a stable `code`; a JSON body can have at most 256 KB."
    ),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
import_string("instances.problems.install")(api)
import_string("instances.api_bodies.install")(api)
for router in (
    "instances.rest.router",
    "tiktok.linking.rest.router",
    "tiktok.linking.connect_links.rest.router",
    "tiktok.media.rest.router",
    "tiktok.publishing.rest.router",
):
    api.add_router("", import_string(router))
