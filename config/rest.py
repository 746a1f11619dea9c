"""The REST API: mounts each app's router by name."""

from ninja import NinjaAPI

api = NinjaAPI(title="Clipdesk", version="1", docs_url="/docs", openapi_url="/openapi.json")
