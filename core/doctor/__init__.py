"""The doctor: checks of this deployment that name a fault and the step that fixes it.

Each app registers its checks (``run.register``); ``manage.py doctor`` and the back office's health page run the same
ones.
"""
