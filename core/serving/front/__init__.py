"""The web server: an event loop receives and sends every byte, threads only compute answers.

``protocol`` bounds connections and headers, ``bodies`` receives, ``pieces`` cuts long uploads, ``threads`` calls the
WSGI application, ``application`` ties them together, ``server`` runs the processes.
"""
