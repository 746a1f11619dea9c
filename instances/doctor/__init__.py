"""The doctor: checks of this deployment that name a fault and the step that mends it.

``settings.DOCTOR_CHECKS`` lists the checks of all apps; ``manage.py doctor`` and the back office's health page run the
same ones.
"""
