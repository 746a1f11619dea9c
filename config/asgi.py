"""The ASGI entry point that the web server loads: the front, with the WSGI application behind it."""

from django.conf import settings
from django.utils.module_loading import import_string

from config.wsgi import application as wsgi_application

front = import_string("instances.serving.front.application.Front")
application = front(
    wsgi_application,
    limits=import_string("instances.serving.front.limits.Limits")(),
    scratch=settings.DATA_DIR,
)
