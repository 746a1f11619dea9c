"""Media: received by tus or a form, checked in a subprocess, served privately.

Imports no Django here: the probe's child starts from this package.
"""
