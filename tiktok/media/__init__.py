"""Media: taken in by tus or a form, examined in a subprocess, served privately. Imports no Django here: the probe's
child starts from this package.
"""
