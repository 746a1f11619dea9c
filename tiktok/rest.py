"""The REST API: the routes of every app under ``/api/v1/``."""

from typing import Final

from core.web import api_bodies, problems
from core.web.openapi import ClipdeskApi
from instances.rest import router as instance_router
from tiktok.accounts.rest import router as account_router
from tiktok.connect.links.rest import router as connect_link_router
from tiktok.media.rest import router as media_router
from tiktok.posts.rest.routes import router as post_router

api: Final = ClipdeskApi(
    title="Clipdesk",
    version="1",
    description=(
        "Publish to TikTok from programs. A key belongs to one instance; send it as `Authorization: Bearer …`. Errors"
        " are RFC 9457 problem details with a stable `code`; a JSON body can have at most 256 KiB."
    ),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
problems.install(api)
api_bodies.install(api)
for router in (instance_router, account_router, connect_link_router, media_router, post_router):
    api.add_router("", router)

urlpatterns = api.urls[0]  # config/urls.py gives them ninja's namespace
