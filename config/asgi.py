"""The ASGI entry point that the web server loads: the front, with the WSGI application behind it."""

from django.conf import settings

from config.wsgi import application as wsgi_application
from core.serving.front.application import Front
from core.serving.front.limits import Limits

application = Front(wsgi_application, limits=Limits(), scratch=settings.DATA_DIR)
